"""Graphite plaintext over UDP into carbon: whisper files hold what was sent."""
import json
import os
import subprocess
import hashlib

import consumers as c

CARBON = """
[cache]
STORAGE_DIR = {dir}/storage/
CONF_DIR = {dir}/
LOG_DIR = {dir}/log/
PID_DIR = {dir}/
LOCAL_DATA_DIR = {dir}/whisper/
USER =
MAX_CACHE_SIZE = inf
MAX_UPDATES_PER_SECOND = inf
MAX_CREATES_PER_MINUTE = inf
LINE_RECEIVER_INTERFACE = 127.0.0.1
LINE_RECEIVER_PORT = {line}
ENABLE_UDP_LISTENER = True
UDP_RECEIVER_INTERFACE = 127.0.0.1
UDP_RECEIVER_PORT = {udp}
PICKLE_RECEIVER_INTERFACE = 127.0.0.1
PICKLE_RECEIVER_PORT = {pickle}
CACHE_QUERY_INTERFACE = 127.0.0.1
CACHE_QUERY_PORT = {query}
ENABLE_TAGS = False
TAG_HASH_FILENAMES = False
LOG_UPDATES = False
LOG_CREATES = False
"""
SCHEMAS = "[all]\npattern = .*\nretentions = 1s:1h\n"


def whisper_file(directory, name, topic):
    """Where carbon keeps a tagged series: below the hash of its name, dots replaced."""
    series = f"{name};topic={topic}"
    digest = hashlib.sha256(series.encode()).hexdigest()
    return os.path.join(directory, "whisper", "_tagged", digest[:3], digest[3:6],
                        series.replace(".", "_DOT_") + ".wsp")


def last_value(fetch, path, second):
    asked = subprocess.run([fetch, "--json", f"--from={second - 10}", f"--until={second + 10}", path],
                           capture_output=True, text=True)
    if asked.returncode != 0:
        return None
    answer = json.loads(asked.stdout)
    return answer["values"][(second - answer["start"]) // answer["step"]]


def main():
    program = c.tool("carbon-cache")
    fetch = c.tool("whisper-fetch")
    with c.scratch() as directory:
        udp = c.udp_port()
        with open(os.path.join(directory, "carbon.conf"), "w") as file:
            file.write(CARBON.format(dir=directory, udp=udp, line=c.tcp_port(), pickle=c.tcp_port(),
                                     query=c.tcp_port()))
        with open(os.path.join(directory, "storage-schemas.conf"), "w") as file:
            file.write(SCHEMAS)
        log = os.path.join(directory, "carbon.log")
        arguments = [program, f"--config={directory}/carbon.conf", "--nodaemon", "start"]
        with c.running(arguments, log) as process:
            c.wait_for(lambda: f"starting on {udp}" in c.read(log).lower(), "carbon", 30)
            sent = c.drive(directory, sink="udp", format="graphite", port=udp, units=50, ticks=1,
                           spread_ms=100)["series"]
            second = sent[0]["wall_ms"] // 1000
            got = {}

            def complete():
                for row in sent:
                    key = row["name"], row["topic"]
                    if got.get(key) is None:
                        got[key] = last_value(fetch, whisper_file(directory, *key), second)
                return all(value is not None for value in got.values())

            try:
                c.wait_for(complete, "all whisper files", 30)
            except AssertionError:
                pass  # what is missing is named below
            c.expect_equal(sent, got, "carbon")
            assert process.poll() is None
        said = c.read(log)
        for path in (os.path.join(root, name) for root, _, names in os.walk(directory + "/log")
                     for name in names):
            said += c.read(path)
        assert "invalid line received" not in said, said


main()
