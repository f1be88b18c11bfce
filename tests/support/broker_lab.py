"""A lab broker for a test: starts it with the agent, waits for the agent's files, stops it whatever happens."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
LAB = ROOT / "scripts" / "lab"
BUILD = pathlib.Path(os.environ.get("REMORA_BUILD", ROOT / "build" / "release"))
JAR = BUILD / "remora.jar"
TOOL = BUILD / "remora"


def run(*args, check=True, timeout=300, env=None, **more):
    done = subprocess.run([str(a) for a in args], capture_output=True, text=True, timeout=timeout,
                          env={**os.environ, **(env or {})}, stdin=subprocess.DEVNULL, **more)
    if check and done.returncode != 0:
        raise AssertionError(f"{args} ended with {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done


def wait_for(what, probe, seconds=60, every=0.25):
    """Polls `probe` until it gives something true; its value is returned."""
    deadline = time.monotonic() + seconds
    while True:
        found = probe()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"after {seconds} s still waiting for {what}")
        time.sleep(every)


class Lab:
    """with Lab(agent=True, config={...}) as lab: ... Files of the agent are in lab.output.

    "{config}" in `agent_arguments` stands for the path of `config`.
    """

    def __init__(self, config=None, agent=True, agent_arguments=None, jar=JAR, up=(), env=None):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="remora-test-"))
        self.output = self.dir / "metrics"
        self.output.mkdir()
        self.config_path = self.dir / "remora.json"
        self.up = list(up)
        self.env = env
        self.lab_dir = self.dir / "lab"
        if agent:
            if agent_arguments is None or config is not None:
                self.write_config(config or {})
            agent_arguments = (agent_arguments if agent_arguments is not None
                               else "{config}").replace("{config}", str(self.config_path))
            self.up += ["--agent", f"{jar}={agent_arguments}" if agent_arguments else str(jar)]

    def write_config(self, config):
        fresh = self.config_path.with_suffix(".new")
        fresh.write_text(json.dumps({"directory": str(self.output), **config}))
        fresh.rename(self.config_path)

    def __enter__(self):
        try:
            self.up_output = run(LAB, "up", "--dir", self.lab_dir, *self.up, env=self.env)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        run(LAB, "down", "--dir", self.lab_dir, check=False)
        shutil.rmtree(self.dir, ignore_errors=True)

    def lab(self, command, *args, **more):
        return run(LAB, command, "--dir", self.lab_dir, *args, **more)

    def log(self):
        return (self.lab_dir / "broker-1.log").read_text(errors="replace")

    def state(self):
        return json.loads((self.lab_dir / "lab.json").read_text())

    def counters(self):
        done = run(TOOL, "stat", self.output, "--json", check=False)
        return json.loads(done.stdout) if done.returncode == 0 else {}

    def wait_counter(self, name, at_least, seconds=60):
        return wait_for(f"{name} >= {at_least}",
                        lambda: self.counters().get(name, -1) >= at_least, seconds)

    def wait_file(self, name, seconds=60):
        path = self.output / name
        wait_for(path, lambda: path.is_file() and path.stat().st_size > 0, seconds)
        return path

    def jmx_dump(self):
        """{(mbean, attribute): entry} as a remote JMX client sees it."""
        out = self.dir / f"dump-{time.monotonic_ns()}.jsonl"
        self.lab("jmx-dump", "--out", out)
        entries = {}
        with open(out) as lines:
            for line in lines:
                entry = json.loads(line)
                if "attribute" in entry:
                    entries[entry["mbean"], entry["attribute"]] = entry
        return entries


def main():
    """unittest.main with output that ctest shows as it comes."""
    import unittest
    sys.stdout.reconfigure(line_buffering=True)
    unittest.main(verbosity=2)
