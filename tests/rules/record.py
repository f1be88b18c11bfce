#!/usr/bin/env python3
"""Runs jmx_exporter's published agents over the vectors and writes what their pages say, or compares (--check).

    tests/rules/record.py           # writes the files expected-*
    tests/rules/record.py --check   # tells what differs

Needs a JDK and Maven. A page is fetched after each change of the rule file, which the agents read again by themselves.
"""

import argparse
import difflib
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1] / "scripts"), str(HERE.parents[1] / "tests" / "sinks")]

import consumers as c  # noqa: E402
from perflab import peers  # noqa: E402

VERSIONS = ("0.20.0", "1.0.1")
# Of the JVM and of the agent itself.
NOT_OURS = re.compile(r"(jvm|process|jmx|java|jdk|com_sun|sun|JMImplementation)_")
SAMPLE = re.compile(r"([^{\s]+)(?:\{(.*)\})? (\S+)$")
LABEL = re.compile(r'([^=,]+)="((?:[^"\\]|\\.)*)",?')


def vectors():
    """Name and text of each."""
    parts = re.split(r"^--- # (.*)\n", (HERE / "vectors.yml").read_text(), flags=re.M)[1:]
    return list(zip(parts[::2], parts[1::2]))


def lines(page):
    """The samples of a page, one a line: name and labels, value, type, help."""
    kind = text = ""
    found = []
    for line in page.split("\n"):
        if line.startswith("# HELP "):
            text = line.partition("# HELP ")[2].partition(" ")[2]
        elif line.startswith("# TYPE "):
            kind = line.split(" ")[3]
        elif line and not NOT_OURS.match(line) and not line.startswith("#"):
            name, labels, value = SAMPLE.match(line).groups()
            labels = ",".join(f'{key}="{content}"' for key, content in sorted(LABEL.findall(labels or "")))
            found.append(f"{name}{{{labels}}}\t{value}\t{kind}\t{text}\n")
    return sorted(found)


def fetch(port):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=60) as answer:
        return answer.read().decode()


def pages(version, directory):
    """What the agent says for each vector, as one text."""
    rules, port = directory / "rules.yml", c.tcp_port()
    rules.write_text("rules: []\n")
    os.utime(rules, (1, 1))
    jar = peers.agent_jar("jmx_exporter", version)
    subprocess.run(["javac", "-encoding", "UTF-8", "-d", directory, HERE / "java" / "TestBeans.java"], check=True)
    child = subprocess.Popen(["java", "-Dfile.encoding=UTF-8", f"-javaagent:{jar}=127.0.0.1:{port}:{rules}",
                              "-cp", directory, "TestBeans", HERE / "beans.tsv"],
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert child.stdout.readline() == "ready\n"
        text = f"# What the page of jmx_exporter {version} says, by tests/rules/record.py.\n"
        for second, (name, content) in enumerate(vectors(), 2):
            rules.write_text(content)
            os.utime(rules, (second, second))  # another time than before is what makes it read the file
            text += f"=== {name}\n" + "".join(lines(fetch(port)))
            # The page that made it read the file does not count that yet.
            assert f"\njmx_config_reload_success_total {float(second - 1)}\n" in fetch(port), f"{name} is refused"
        return text
    finally:
        child.stdin.close()
        child.wait()
        child.stdout.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    options = parser.parse_args()
    difference = []
    for version in VERSIONS:
        with tempfile.TemporaryDirectory(prefix="remora-rules-") as directory:
            found = pages(version, pathlib.Path(directory))
        path = HERE / f"expected-{version}.txt"
        if not options.check:
            path.write_text(found)
            continue
        difference += difflib.unified_diff(path.read_text().splitlines(), found.splitlines(), path.name,
                                           "the agent's page", lineterm="")
    print("\n".join(difference))
    return 1 if difference else 0


if __name__ == "__main__":
    sys.exit(main())
