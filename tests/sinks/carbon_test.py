"""Graphite plaintext over UDP into carbon: whisper files hold what was sent."""
import hashlib
import json
import os
import subprocess

import consumers as c
import daemons


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
    fetch = c.tool("whisper-fetch")
    with daemons.carbon() as (udp, directory, said):
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
        assert "invalid line received" not in said(), said()


main()
