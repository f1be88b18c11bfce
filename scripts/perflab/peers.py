"""What others read brokers with: their agents from Maven Central, and the processes that ask them."""
import glob
import json
import os
import pathlib
import sys
import tempfile

from labkit import broker, common, download, javatools

ARTIFACTS = {
    "jmx_exporter": ("io.prometheus.jmx", "jmx_prometheus_javaagent", "1.0.1", ""),
    "jolokia": ("org.jolokia", "jolokia-agent-jvm", "2.1.2", "javaagent"),
}
RULES = pathlib.Path(__file__).with_name("kafka-rules.yml")

# Everything of Kafka's and the JVM's in one request.
BULK_READ = [{"type": "read", "mbean": f"{domain}:*"} for domain in ("kafka.*", "java.lang")]


def agent_jar(kind, version=None):
    """Path of the peer's agent, of the version above if none is asked for; downloaded once into the lab's cache."""
    group, name, usual, classifier = ARTIFACTS[kind]
    version = version or usual
    target = os.path.join(common.cache_dir(), f"{name}-{version}.jar")
    if os.path.exists(target):
        return target
    common.say(f"getting {name} {version} from Maven")
    row = (f"    <dependency><groupId>{group}</groupId><artifactId>{name}</artifactId>"
           f"<version>{version}</version>"
           + (f"<classifier>{classifier}</classifier>" if classifier else "") + "</dependency>")
    with tempfile.TemporaryDirectory(dir=common.cache_dir(), prefix=".peer-") as directory:
        with open(os.path.join(directory, "pom.xml"), "w", encoding="utf-8") as out:
            out.write(download.POM.format(dependencies=row))
        download.run_maven(directory, [
            download.DEPENDENCY_PLUGIN + ":copy-dependencies", "-DexcludeTransitive=true",
            f"-DoutputDirectory={directory}"])
        found = glob.glob(os.path.join(directory, "*.jar"))
        if len(found) != 1:
            raise common.LabError(f"Maven gave no {name} {version}")
        os.rename(found[0], target)
    return target


def jvm_options(kind, port, rules):
    """What a broker needs so that the peer can read it at `port` of this machine."""
    if kind == "jmx":
        return broker.jmx_options(port)
    if kind == "jmx_exporter":
        return [f"-javaagent:{agent_jar(kind)}=127.0.0.1:{port}:{rules}"]
    return [f"-javaagent:{agent_jar(kind)}=port={port},host=127.0.0.1,discoveryEnabled=false"]


def collector_command(kind, lab, ports, interval_s, directory):
    """The process that reads all brokers each `interval_s` and keeps the last answers in files."""
    files = [os.path.join(directory, f"{kind}-{number}.out") for number in ports]
    if kind == "jmx":
        urls = [f"service:jmx:rmi:///jndi/rmi://127.0.0.1:{port}/jmxrmi" for port in ports.values()]
        return javatools.command(lab, "LabJmxPoll", [
            int(interval_s * 1000), *[f"{url}={file}" for url, file in zip(urls, files)]])
    if kind == "jmx_exporter":
        targets = [f"http://127.0.0.1:{port}/metrics" for port in ports.values()]
        body = []
    else:
        targets = [f"http://127.0.0.1:{port}/jolokia/" for port in ports.values()]
        body = ["--body", json.dumps(BULK_READ)]
    return [sys.executable, str(pathlib.Path(__file__).with_name("poll.py")),
            "--interval", str(interval_s), *body,
            *[f"{target}={file}" for target, file in zip(targets, files)]]


def count_values(kind, path):
    """Values in the last answer of a peer; 0 when there is none."""
    try:
        with open(path, encoding="utf-8", errors="replace") as source:
            if kind == "jmx_exporter":
                return sum(1 for line in source if line.strip() and not line.startswith("#"))
            return leaves(json.load(source))
    except (OSError, ValueError):
        return 0


def leaves(value):
    """Numbers, texts and booleans below "value" of each answer of Jolokia's."""
    def count(part):
        if isinstance(part, dict):
            return sum(count(child) for child in part.values())
        if isinstance(part, list):
            return sum(count(child) for child in part)
        return part is not None
    return sum(count(answer.get("value")) for answer in value)
