"""Gets the jars of any Kafka version through Maven, once, into the cache."""
import glob
import os
import re
import shutil
import subprocess
import tempfile
import time
import zipfile

from labkit import common
from labkit.common import LabError, say

RESOLVE_KEEP_SECONDS = 7 * 24 * 3600
DEPENDENCY_PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1"
LAYOUT = 1  # raise when the contents of a kafka-VERSION directory change
NEWER_PLACE = "org/apache/kafka/tools/"

POM = """<?xml version="1.0" encoding="UTF-8"?>
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>remora.lab</groupId>
  <artifactId>jars</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
{dependencies}
  </dependencies>
</project>
"""


def version_key(version):
    """(major, minor, patch) of "3.5.0"; missing parts are 0."""
    parts = [int(part) for part in re.findall(r"\d+", version)[:3]]
    return tuple(parts + [0] * (3 - len(parts)))


def is_exact(version):
    return re.fullmatch(r"\d+\.\d+\.\d+", version) is not None


def version_range(prefix):
    """The Maven range of all versions that begin with "4" or "3.9"."""
    parts = prefix.split(".")
    if not 1 <= len(parts) <= 2 or not all(part.isdigit() for part in parts):
        raise LabError(f"not a Kafka version: {prefix!r} (want 3.5.0, 3.9, 4 or latest)")
    upper = parts[:-1] + [str(int(parts[-1]) + 1)]
    return f"[{prefix},{'.'.join(upper)})"


def artifacts(version):
    """The Maven artifacts of a broker of this version, with the logging it ships with."""
    key = version_key(version)
    wanted = [("org.apache.kafka", "kafka_2.13", version)]
    if key >= (3, 6, 0):  # TopicCommand and others moved there
        wanted.append(("org.apache.kafka", "kafka-tools", version))
    if key >= (4, 0, 0):
        for name in ("log4j-slf4j-impl", "log4j-core", "log4j-1.2-api"):
            wanted.append(("org.apache.logging.log4j", name, "2.24.3"))
    else:
        wanted.append(("org.slf4j", "slf4j-reload4j", "1.7.36"))
    return wanted


def pom_text(wanted):
    rows = [f"    <dependency><groupId>{group}</groupId><artifactId>{name}</artifactId>"
            f"<version>{version}</version></dependency>" for group, name, version in wanted]
    return POM.format(dependencies="\n".join(rows))


def run_maven(directory, goal_and_options):
    """Runs Maven in `directory`; tells how many files came; raises with the end of its output."""
    command = ["mvn", "-B", "-f", os.path.join(directory, "pom.xml")] + goal_and_options
    try:
        child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                 stdin=subprocess.DEVNULL, text=True, errors="replace")
    except FileNotFoundError as error:
        raise LabError("mvn is not installed (Debian and Ubuntu package: maven)") from error
    lines, files, told = [], 0, time.monotonic()
    try:
        for line in child.stdout:
            lines.append(line)
            files += "Downloaded from" in line
            if time.monotonic() - told > 2.0:
                told = time.monotonic()
                say(f"  Maven: {files} files so far")
        status = child.wait()
    except BaseException:
        child.terminate()
        child.wait()
        raise
    if status != 0:
        errors = [line for line in lines if "ERROR" in line] or lines
        raise LabError("Maven failed:\n" + "".join(errors[:12]))
    return "".join(lines)


def resolve(version):
    """The exact version for "3.5.0", "3.9" (newest 3.9.x), "4" or "latest"; asks Maven if need be."""
    if is_exact(version):
        return version
    wanted = "[3.5,)" if version == "latest" else version_range(version)
    path = os.path.join(common.cache_dir(), "resolved.json")
    known = common.read_json(path, {})
    entry = known.get(version)
    if entry and time.time() - entry["at"] < RESOLVE_KEEP_SECONDS:
        return entry["version"]
    say(f"asking Maven for the newest Kafka in {wanted}")
    with tempfile.TemporaryDirectory(prefix="remora-lab-") as directory:
        with open(os.path.join(directory, "pom.xml"), "w", encoding="utf-8") as out:
            out.write(pom_text([("org.apache.kafka", "kafka_2.13", wanted)]))
        text = run_maven(directory, [DEPENDENCY_PLUGIN + ":list", "-DexcludeTransitive=true"])
    match = re.search(r"org\.apache\.kafka:kafka_2\.13:jar:([\w.\-]+):", text)
    if not match:
        raise LabError(f"Maven knows no Kafka in {wanted}")
    known[version] = {"version": match.group(1), "at": time.time()}
    common.write_json(path, known)
    return match.group(1)


def copy_jars(directory, version):
    """Lets Maven put the jars into `directory`.

    The tools come out as an artifact of their own, and for some versions not at all: a broker
    needs none of them, so it is got without.
    """
    def attempt(wanted):
        with open(os.path.join(directory, "pom.xml"), "w", encoding="utf-8") as out:
            out.write(pom_text(wanted))
        run_maven(directory, [DEPENDENCY_PLUGIN + ":copy-dependencies",
                              "-DincludeScope=runtime", f"-DoutputDirectory={directory}"])

    wanted = artifacts(version)
    try:
        attempt(wanted)
    except LabError as error:
        if f"kafka-tools:jar:{version}" not in str(error):
            raise
        say(f"Maven has no command line tools of Kafka {version}: going on without")
        attempt([row for row in wanted if row[1] != "kafka-tools"])


def jars_dir(version):
    """Directory with the jars of exact `version`, downloaded when missing."""
    cache = common.cache_dir()
    target = os.path.join(cache, f"kafka-{version}")
    stamp = os.path.join(target, "complete.json")
    if common.read_json(stamp, {}).get("layout") == LAYOUT:
        return target
    with common.locked(os.path.join(cache, f"kafka-{version}.lock")):
        if common.read_json(stamp, {}).get("layout") == LAYOUT:
            return target
        began = time.monotonic()
        say(f"getting the jars of Kafka {version} from Maven")
        temp = tempfile.mkdtemp(dir=cache, prefix=f".kafka-{version}-")
        try:
            copy_jars(temp, version)
            jars = glob.glob(os.path.join(temp, "*.jar"))
            if not any(os.path.basename(jar).startswith("kafka_2.13") for jar in jars):
                raise LabError(f"Maven gave no broker jar for Kafka {version}")
            common.write_json(os.path.join(temp, "complete.json"),
                              {"layout": LAYOUT, "kafka": version, "jars": len(jars)})
            os.chmod(temp, 0o755)
            shutil.rmtree(target, ignore_errors=True)
            os.rename(temp, target)
        except BaseException:
            shutil.rmtree(temp, ignore_errors=True)
            raise
        say(f"Kafka {version}: {len(jars)} jars in {time.monotonic() - began:.0f} s")
    return target


def class_files(jars, prefix):
    """Names of the class files in the jars of `jars` whose file name begins with `prefix`."""
    for jar in sorted(glob.glob(os.path.join(jars, prefix + "*.jar"))):
        with zipfile.ZipFile(jar) as archive:
            yield from (name for name in archive.namelist() if name.endswith(".class"))


def real_class(jars, name):
    """`name`, or where this Kafka has a tool class of that simple name now."""
    wanted = name.replace(".", "/") + ".class"
    if any(found == wanted for found in class_files(jars, "kafka_2.13")):
        return name
    simple = "/" + name.rpartition(".")[2] + ".class"
    moved = [found for found in class_files(jars, "kafka-tools")
             if found == wanted or (found.startswith(NEWER_PLACE) and found.endswith(simple))]
    if wanted in moved or not moved:
        return name  # if it is nowhere, Java's own message is the best
    return min(moved, key=len)[:-len(".class")].replace("/", ".")
