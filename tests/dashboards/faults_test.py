#!/usr/bin/env python3
"""Every planted fault fires its alerts and no others: real brokers, node_exporter, Prometheus, the rules as they are.

Rules that wait five minutes are waited for, so this takes half an hour.
"""

import base64
import contextlib
import json
import os
import pathlib
import re
import subprocess
import sys
import time
import uuid

import stack as stacks
from broker_lab import wait_for
from consumers import skip

DISK_MB = 400
# Of a broker that is away: what it followed, what it led, and what insists on three replicas.
AWAY = {"KafkaUnderReplicated", "KafkaBrokerFenced", "KafkaUnderMinIsr", "KafkaPartitionsOffline"}
HOLD_S = 40
FIRES_S = 600
ENDS_S = 420


class Disk:
    """A second log directory of broker 3, on a small file system of its own."""

    def __init__(self):
        self.path = None

    def attach(self, stack):
        stack.lab("stop-broker", "--broker", 3)
        self.path = stack.dir / "disk-3"
        self.path.mkdir()
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "tmpfs", self.path],
                              capture_output=True, check=False)
        if done.returncode:
            skip("mounting a tmpfs is not permitted here")
        stack.stack.callback(subprocess.run, ["umount", "-l", self.path], check=False)
        properties = pathlib.Path(stack.broker(3)["properties"])
        text = properties.read_text()
        other = pathlib.Path(re.search(r"^log.dirs=(.*)$", text, re.M)[1])
        own_id = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        (self.path / "meta.properties").write_text(
            re.sub(r"directory.id=.*", f"directory.id={own_id}", (other / "meta.properties").read_text()))
        properties.write_text("".join(
            line + (f",{self.path}" if line.startswith("log.dirs=") else "") + "\n" for line in text.splitlines()))
        stack.lab("start-broker", "--broker", 3)

    def fill(self, share):
        """Leaves at most so much of it free."""
        room = os.statvfs(self.path)
        free = room.f_bavail * room.f_frsize
        size = max(0, free - int(room.f_blocks * room.f_frsize * (1 - share)))
        with open(self.path / "ballast", "ab") as file:
            os.posix_fallocate(file.fileno(), os.fstat(file.fileno()).st_size, size)

    def fill_up(self):
        """Nothing is left, also of what the broker makes free meanwhile."""
        with open(self.path / "ballast", "ab", buffering=0) as file:
            try:
                while True:
                    file.write(b"\0" * 65536)
            except OSError:
                pass

    def clear(self):
        os.truncate(self.path / "ballast", 0)


class Faults:
    def __init__(self, stack, disk):
        self.stack, self.disk, self.rows = stack, disk, []

    def plant(self, what, how, wanted, before=frozenset()):
        """Plants a fault, waits until all its alerts fire, and sees that no other does. `before`: of an earlier one."""
        how()
        begun, first = time.monotonic(), {}
        done = None
        while done is None or time.monotonic() - done < HOLD_S:
            firing = self.stack.firing() - before
            for alert in firing - set(first):
                first[alert] = time.monotonic() - begun
            assert firing <= wanted, f"{what}: {sorted(firing - wanted)} fire and should not"
            if done is None and firing == wanted:
                done = time.monotonic()
            assert done or time.monotonic() - begun < FIRES_S, f"{what}: {sorted(wanted - firing)} do not fire"
            time.sleep(2)
        for number, (alert, seconds) in enumerate(sorted(first.items(), key=lambda item: item[1])):
            self.rows.append((what if not number else "", alert, f"{seconds:.0f}"))
        stacks.keep("faults.txt", stacks.plain_table(("fault", "alert", "after s"), self.rows))

    def mend(self, what, how, but_for=frozenset()):
        how()
        begun = time.monotonic()
        wait_for(f"alerts to end after: {what}", lambda: self.stack.firing() <= but_for, ENDS_S, 2)
        print(f"{what}: no alert after {time.monotonic() - begun:.0f} s", flush=True)

    def refuse(self):
        config = json.loads(self.stack.agent_config())
        config["sampling"] = {"base_interval": "ten seconds"}
        self.stack.write_config(json.dumps(config))

    def all(self):
        lab = self.stack.lab
        self.plant("broker 3 is stopped", lambda: lab("stop-broker", "--broker", 3), AWAY | {"RemoraDown of 3"})
        self.mend("broker 3 is started", lambda: lab("start-broker", "--broker", 3))
        self.plant("a disk of broker 3 fills up", lambda: self.disk.fill(0.94), {"KafkaDiskFillsUp of 3"})
        full = AWAY - {"KafkaBrokerFenced"} | {"KafkaDiskFillsUp of 3", "KafkaLogDirectoryOffline of 3"}
        self.plant("it is full", self.disk.fill_up, full)
        # Of partitions that have no other replica. It fires for a quarter of an hour.
        unclean = {"KafkaUncleanElection"}
        self.plant("it has room, and broker 3 is started again", self.restart_with_room, unclean, full)
        self.mend("all but that", lambda: None, unclean)
        killed = AWAY | {"RemoraStale of 2"}
        self.plant("broker 2 is killed", lambda: lab("stop-broker", "--broker", 2, "--kill"), killed, unclean)
        self.mend("broker 2 is started", lambda: lab("start-broker", "--broker", 2), unclean)
        self.plant("the agents' configuration has a mistake", self.refuse,
                   {f"RemoraConfigurationRefused of {number}" for number in (1, 2, 3)}, unclean)

    def restart_with_room(self):
        self.disk.clear()
        self.stack.lab("stop-broker", "--broker", 3)
        self.stack.lab("start-broker", "--broker", 3)


def main():
    disk = Disk()
    with contextlib.ExitStack() as at_end:
        stack = stacks.Stack(at_end, prepare=disk.attach)
        stack.lab("topics", "--topics", 2, "--partitions", 6, "--prefix", "single", "--replication", 1)
        stack.lab("topics", "--topics", 1, "--partitions", 6, "--prefix", "strict", "--min-insync-replicas", 3)
        stacks.load(stack, 3600)
        time.sleep(HOLD_S)
        assert stack.firing() == set(), f"before any fault: {stack.firing()}"
        Faults(stack, disk).all()


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)
    main()
