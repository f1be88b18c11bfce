"""Starts and stops brokers (KRaft, or ZooKeeper for old versions) and waits until they serve."""
import base64
import contextlib
import os
import shutil
import signal
import subprocess
import time
import uuid

from labkit import common, download, metadata, state
from labkit.common import LabError, say

START_SECONDS = 120.0
STARTED = ("Kafka Server started", "] started (kafka.server.KafkaServer)")

# Kafka's own choice (kafka-run-class), so that what is measured here is what people run.
GC_OPTIONS = ["-server", "-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20",
              "-XX:InitiatingHeapOccupancyPercent=35", "-XX:+ExplicitGCInvokesConcurrent",
              "-Djava.awt.headless=true"]
HOST_OPTIONS = ["-Djava.net.preferIPv4Stack=true"]

LOG4J1 = """log4j.rootLogger={level}, out
log4j.appender.out=org.apache.log4j.ConsoleAppender
log4j.appender.out.target={target}
log4j.appender.out.layout=org.apache.log4j.PatternLayout
log4j.appender.out.layout.ConversionPattern=[%d] %p %m (%c)%n
log4j.logger.kafka.server.KafkaRaftServer=INFO
log4j.logger.kafka.server.KafkaServer=INFO
log4j.logger.kafka.server.BrokerServer=INFO
"""
LOG4J2 = """status=ERROR
appender.out.type=Console
appender.out.name=out
appender.out.target={target_2}
appender.out.layout.type=PatternLayout
appender.out.layout.pattern=[%d] %p %m (%c)%n
rootLogger.level={level}
rootLogger.appenderRef.out.ref=out
logger.raft.name=kafka.server.KafkaRaftServer
logger.raft.level=INFO
logger.broker.name=kafka.server.BrokerServer
logger.broker.level=INFO
"""


def default_java():
    """The java of the machine: JDK 17 where Debian or Ubuntu put it, else the one on the path."""
    for arch in ("amd64", "arm64"):
        path = f"/usr/lib/jvm/java-17-openjdk-{arch}/bin/java"
        if os.access(path, os.X_OK):
            return path
    found = shutil.which("java")
    if not found:
        raise LabError("no java found (Debian and Ubuntu package: openjdk-17-jdk-headless)")
    return found


def logging_options(directory, version, level, name="broker", stream="out"):
    """Writes the logging configuration of this Kafka version; returns the JVM options for it.

    `stream`: out or err, where the log goes.
    """
    newer = download.version_key(version) >= (4, 0, 0)
    path = os.path.join(directory, f"{name}-log4j{'2' if newer else ''}.properties")
    with open(path, "w", encoding="utf-8") as out:
        out.write((LOG4J2 if newer else LOG4J1).format(
            level=level, target=f"System.{stream}", target_2=f"SYSTEM_{stream.upper()}"))
    key = "log4j2.configurationFile" if newer else "log4j.configuration"
    return [f"-D{key}=file:{path}"]


def logs_dir(directory, number):
    """Where broker `number` is told to keep its logs (kafka.logs.dir)."""
    return os.path.join(directory, f"logs-{number}")


def common_properties(directory, number, broker_count):
    """Settings that suit a small machine; both modes."""
    copies = min(broker_count, 3)
    return {
        "log.dirs": os.path.join(directory, f"data-{number}"),
        "num.partitions": "1",
        "default.replication.factor": str(copies),
        "min.insync.replicas": "1",
        "auto.create.topics.enable": "false",
        "offsets.topic.replication.factor": str(copies),
        "offsets.topic.num.partitions": "10",
        "transaction.state.log.replication.factor": str(copies),
        "transaction.state.log.min.isr": "1",
        "transaction.state.log.num.partitions": "4",
        "group.initial.rebalance.delay.ms": "0",
        "num.network.threads": "2",
        "num.io.threads": "4",
        "num.recovery.threads.per.data.dir": "2",
        "log.segment.bytes": str(16 << 20),
        "log.retention.bytes": str(64 << 20),
        "log.index.size.max.bytes": str(1 << 20),
        "log.cleaner.dedupe.buffer.size": str(16 << 20),
    }


def kraft_properties(directory, number, ports):
    """Settings of combined broker and controller `number`; `ports`: id -> {"client", "peer"}."""
    mine = ports[number]
    voters = ",".join(f"{node}@127.0.0.1:{pair['peer']}" for node, pair in ports.items())
    return {
        "process.roles": "broker,controller",
        "node.id": str(number),
        "controller.quorum.voters": voters,
        "controller.listener.names": "CONTROLLER",
        "listeners": f"PLAINTEXT://127.0.0.1:{mine['client']},"
                     f"CONTROLLER://127.0.0.1:{mine['peer']}",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{mine['client']}",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        **common_properties(directory, number, len(ports)),
    }


def zookeeper_properties(directory, number, ports, keeper_port):
    """Settings of broker `number` under ZooKeeper."""
    mine = ports[number]
    return {
        "broker.id": str(number),
        "zookeeper.connect": f"127.0.0.1:{keeper_port}",
        "zookeeper.connection.timeout.ms": "30000",
        "listeners": f"PLAINTEXT://127.0.0.1:{mine['client']}",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{mine['client']}",
        **common_properties(directory, number, len(ports)),
    }


def write_properties(path, properties):
    with open(path, "w", encoding="utf-8") as out:
        for key, value in properties.items():
            out.write(f"{key}={value}\n")


def parse_pairs(pairs):
    """["k=v", ...] as a dict."""
    found = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key.strip():
            raise LabError(f"not KEY=VALUE: {pair!r}")
        found[key.strip()] = value.strip()
    return found


def environment():
    """This one, but for what is ours: an agent would take it for keys of its configuration."""
    ours = ("REMORA_BUILD", "REMORA_LAB_", "REMORA_DEPS")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


def spawn(command, log_path):
    """Starts `command` in a session of its own, so that a Ctrl-C for the lab does not reach it."""
    with open(log_path, "ab") as log:
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, env=environment(),
                                 stderr=subprocess.STDOUT, start_new_session=True)
    return child


def tail(path, lines=25):
    try:
        with open(path, encoding="utf-8", errors="replace") as source:
            return "".join(source.readlines()[-lines:])
    except OSError:
        return ""


def format_storage(lab, brokers, seconds):
    """Runs `kafka-storage format` for each broker, at the same time; `seconds`: for each."""
    children = []
    for broker in brokers:
        command = [lab.data["java"], "-Xmx128m", "-XX:TieredStopAtLevel=1", lab.marker,
                   *lab.data["logging"], "-cp", lab.data["classpath"],
                   download.real_class(lab.data["jars"], "kafka.tools.StorageTool"), "format",
                   "-t", lab.data["cluster_id"], "-c", broker["properties"]]
        log = os.path.join(lab.dir, f"format-{broker['id']}.log")
        children.append((spawn(command, log), log))
    for child, log in children:
        try:
            status = child.wait(timeout=seconds)
        except subprocess.TimeoutExpired as error:
            child.kill()
            raise LabError(f"kafka-storage format does not end in {seconds:.0f} s") from error
        if status != 0:
            raise LabError(f"kafka-storage format failed:\n{tail(log)}")


def start_zookeeper(lab):
    """Starts the lab's ZooKeeper (from the broker's own jars) on loopback and waits for its port."""
    keeper = lab.data["zookeeper"]
    write_properties(keeper["properties"], {
        "dataDir": os.path.join(lab.dir, "zookeeper-data"), "clientPort": keeper["port"],
        "clientPortAddress": "127.0.0.1", "maxClientCnxns": 0, "tickTime": 2000,
        "admin.enableServer": "false"})
    child = spawn([lab.data["java"], "-Xmx256m", *HOST_OPTIONS, lab.marker,
                   "-Dzookeeper.admin.enableServer=false",
                   *lab.data["logging"], "-cp", lab.data["classpath"],
                   "org.apache.zookeeper.server.ZooKeeperServerMain", keeper["properties"]],
                  keeper["log"])
    with lab.changing() as data:
        data["zookeeper"]["process"] = common.identify(child.pid)
    deadline = time.monotonic() + 30.0
    while not listens(keeper["port"]):
        if child.poll() is not None or time.monotonic() > deadline:
            raise LabError(f"ZooKeeper did not start:\n{tail(keeper['log'])}")
        time.sleep(0.1)


def listens(port):
    import socket
    with contextlib.suppress(OSError):
        with socket.create_connection(("127.0.0.1", port), timeout=1.0):
            return True
    return False


def log_size(broker):
    with contextlib.suppress(OSError):
        return os.path.getsize(broker["log"])
    return 0


def launch(lab, number):
    """Starts broker `number` by its recorded command and records the process. Does not wait."""
    broker = lab.broker(number)
    offset = log_size(broker)
    child = spawn(broker["command"], broker["log"])
    with lab.changing():
        broker = lab.broker(number)
        broker["process"] = common.identify(child.pid)
        broker["pid"] = child.pid
        broker["log_offset"] = offset
        broker.pop("stopped", None)
    return child


def has_started(broker):
    """Whether the log, since the last start, holds the broker's own word that it serves."""
    try:
        with open(broker["log"], encoding="utf-8", errors="replace") as source:
            source.seek(broker.get("log_offset", 0))
            text = source.read()
    except OSError:
        return False
    return any(word in text for word in STARTED)


def wait_serving(lab, numbers, children, seconds):
    """Waits until each broker says it started and knows every broker that should be there."""
    expected = sorted(broker["id"] for broker in lab.data["brokers"]
                      if common.is_alive(broker.get("process")))
    began = told = time.monotonic()
    waiting = set(numbers)
    while waiting:
        common.reap_polled(children)
        for number in sorted(waiting):
            broker = lab.broker(number)
            if not common.is_alive(broker["process"]):
                raise LabError(f"broker {number} ended while starting; its log "
                               f"({broker['log']}) ends:\n{tail(broker['log'])}")
            if has_started(broker):
                known = metadata.brokers(broker["port"])
                if known is not None and set(expected) <= set(known):
                    waiting.discard(number)
        now = time.monotonic()
        if waiting and now - began > seconds:
            number = min(waiting)
            raise LabError(f"broker {number} does not serve after {seconds:.0f} s; its log ends:\n"
                           + tail(lab.broker(number)["log"]))
        if waiting and now - told > 5.0:
            told = now
            say(f"  waiting for broker {', '.join(map(str, sorted(waiting)))} "
                f"({now - began:.0f} s)")
        time.sleep(0.05)
    return time.monotonic() - began


def jmx_options(port):
    """Remote JMX without a password, reachable from this machine only."""
    prefix = "-Dcom.sun.management.jmxremote"
    return [prefix, f"{prefix}.port={port}", f"{prefix}.rmi.port={port}",
            f"{prefix}.host=127.0.0.1", f"{prefix}.authenticate=false", f"{prefix}.ssl=false",
            "-Djava.rmi.server.hostname=127.0.0.1"]


def broker_command(lab, options, number, properties_path, jmx_port):
    """The java command of one broker; `options`: the arguments of `up`."""
    command = [lab.data["java"], f"-Xms{options.heap}", f"-Xmx{options.heap}", *GC_OPTIONS,
               *HOST_OPTIONS, lab.marker, f"-Dkafka.logs.dir={logs_dir(lab.dir, number)}",
               *lab.data["logging"]]
    if jmx_port:
        command += jmx_options(jmx_port)
    command += options.jvm_opt
    command += [f"-javaagent:{agent}" for agent in options.agent]
    return command + ["-cp", lab.data["classpath"], "kafka.Kafka", properties_path]


def describe(lab, options, ports):
    """Fills the record (brokers, ZooKeeper, bootstrap) and writes every configuration file."""
    ports = list(ports)
    zookeeper = lab.data["mode"] == "zookeeper"
    pairs = {number: {"client": ports.pop(), "peer": ports.pop(),
                      "jmx": ports.pop() if options.jmx else None}
             for number in range(1, options.brokers + 1)}
    extra = parse_pairs(options.property)
    keeper = None
    if zookeeper:
        keeper = {"port": ports.pop(), "process": None,
                  "properties": os.path.join(lab.dir, "zookeeper.properties"),
                  "log": os.path.join(lab.dir, "zookeeper.log")}
    rows = []
    for number, pair in pairs.items():
        path = os.path.join(lab.dir, f"broker-{number}.properties")
        properties = (zookeeper_properties(lab.dir, number, pairs, keeper["port"]) if zookeeper
                      else kraft_properties(lab.dir, number, pairs))
        write_properties(path, {**properties, **extra})
        jmx_url = (f"service:jmx:rmi:///jndi/rmi://127.0.0.1:{pair['jmx']}/jmxrmi"
                   if pair["jmx"] else None)
        os.makedirs(logs_dir(lab.dir, number), exist_ok=True)
        rows.append({"id": number, "number": number, "pid": None, "port": pair["client"],
                     "controller_port": None if zookeeper else pair["peer"],
                     "jmx_port": pair["jmx"], "jmx_url": jmx_url, "properties": path,
                     "log": os.path.join(lab.dir, f"broker-{number}.log"), "process": None,
                     "command": broker_command(lab, options, number, path, pair["jmx"])})
    with lab.changing() as data:
        data["brokers"] = rows
        data["zookeeper"] = keeper
        data["bootstrap"] = ",".join(f"127.0.0.1:{row['port']}" for row in rows)


def start_all(lab, options):
    """Starts everything that the record names and waits until it serves."""
    if lab.data["zookeeper"]:
        start_zookeeper(lab)
    else:
        format_storage(lab, lab.data["brokers"], options.timeout)
    numbers = [broker["id"] for broker in lab.data["brokers"]]
    children = [launch(lab, number) for number in numbers]
    seconds = wait_serving(lab, numbers, children, options.timeout)
    with lab.changing() as data:
        data["state"] = "up"
        data["start_s"] = round(seconds, 2)
    return seconds


def up(options):
    """Starts a lab; returns it. Whatever goes wrong, nothing that was started stays."""
    began = time.monotonic()
    java = options.java or default_java()
    if not os.access(java, os.X_OK):
        raise LabError(f"no java at {java}")
    version = download.resolve(options.kafka)
    key = download.version_key(version)
    zookeeper = options.zookeeper or key < (3, 0, 0)
    if zookeeper and key >= (4, 0, 0):
        raise LabError(f"Kafka {version} knows no ZooKeeper")
    parse_pairs(options.property)
    jars = download.jars_dir(version)
    directory = options.dir or os.path.join(
        os.environ.get("TMPDIR", "/tmp"), f"remora-lab-{uuid.uuid4().hex[:10]}")
    owner = options.owner_pid or int(os.environ.get("REMORA_LAB_OWNER_PID", "0"))
    lab, ports = state.Lab.create(directory, {
        "name": options.name, "kafka": version, "jars": jars,
        "classpath": os.path.join(jars, "*"), "java": java,
        "mode": "zookeeper" if zookeeper else "kraft",
        "cluster_id": base64.urlsafe_b64encode(b"remora" + uuid.uuid4().bytes[:10])
                      .decode().rstrip("="),
        "owner": common.identify(owner) if owner else None,
    }, options.brokers * 3 + 1)
    try:
        with lab.changing() as data:
            data["logging"] = logging_options(lab.dir, version, options.log_level)
        logging_options(lab.dir, version, "WARN", "tool", "err")
        logging_options(lab.dir, version, "ERROR", "load", "err")
        describe(lab, options, ports)
        say(f"starting {options.brokers} broker(s) of Kafka {version} "
            f"({lab.data['mode']}) in {lab.dir}")
        seconds = start_all(lab, options)
    except BaseException:
        with contextlib.suppress(ValueError):
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        state.down(lab.dir, keep=options.keep_failed, seconds=10.0)
        raise
    say(f"up after {time.monotonic() - began:.1f} s (brokers: {seconds:.1f} s), "
        f"bootstrap {lab.data['bootstrap']}")
    return lab


def join(options):
    """A lab of brokers that others started; returns it. For topics, loads and tools."""
    version = download.resolve(options.kafka)
    jars = options.jars or download.jars_dir(version)
    lab, _ = state.Lab.create(options.dir, {
        "name": options.name, "kafka": version, "jars": jars,
        "classpath": os.path.join(jars, "*"), "java": default_java(), "mode": "joined",
        "bootstrap": options.bootstrap, "state": "up", "owner": None}, 0)
    for name, level in (("tool", "WARN"), ("load", "ERROR")):
        logging_options(lab.dir, version, level, name, "err")
    return lab


def stop_one(lab, number, kill=False, seconds=30.0):
    """Stops broker `number`; returns the seconds it took."""
    broker = lab.broker(number)
    if not common.is_alive(broker.get("process")):
        raise LabError(f"broker {number} does not run")
    began = time.monotonic()
    with lab.changing():
        lab.broker(number)["stopped"] = True
    common.stop_processes([broker["process"]], seconds=seconds,
                          first=signal.SIGKILL if kill else signal.SIGTERM)
    return time.monotonic() - began


def start_one(lab, number, seconds=START_SECONDS):
    """Starts a stopped broker again, same ports and data; returns the seconds until it serves."""
    if common.is_alive(lab.broker(number).get("process")):
        raise LabError(f"broker {number} runs already")
    if lab.data["zookeeper"] and not common.is_alive(lab.data["zookeeper"]["process"]):
        start_zookeeper(lab)
    child = launch(lab, number)
    return wait_serving(lab, [number], [child], seconds)
