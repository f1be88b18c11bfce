"""One lab's record (LABDIR/lab.json), the registry of labs in the cache, and stopping a lab."""
import contextlib
import glob
import os
import shutil
import uuid

from labkit import common
from labkit.common import LabError, say

LAYOUT = 1


def registry_dir():
    path = os.path.join(common.cache_dir(), "labs")
    os.makedirs(path, exist_ok=True)
    return path


def registered():
    """All registry entries, as (file, entry)."""
    entries = []
    for name in sorted(os.listdir(registry_dir())):
        if name.endswith(".json"):
            path = os.path.join(registry_dir(), name)
            entry = common.read_json(path)
            if isinstance(entry, dict) and entry.get("id") and entry.get("dir"):
                entries.append((path, entry))
    return entries


class Lab:
    """The record of one lab. `data` is what lab.json holds; change it inside `changing()`."""

    def __init__(self, directory):
        self.dir = os.path.abspath(directory)
        self.path = os.path.join(self.dir, "lab.json")
        self.data = {}

    @classmethod
    def create(cls, directory, data, ports_wanted):
        """Registers a new lab with `ports_wanted` free ports, then makes its directory.

        The registry comes first: whatever a crash leaves behind can then be found.
        """
        lab = cls(directory)
        lab.data = {"layout": LAYOUT, "id": uuid.uuid4().hex, "state": "starting",
                    "starter": common.identify(os.getpid()), "brokers": [], "zookeeper": None,
                    "loads": [], **data}
        refuse_used(lab.dir)
        with common.locked(os.path.join(common.cache_dir(), "labs.lock")):
            ports = choose_ports(ports_wanted)
            common.write_json(lab.registry_path(), {
                "id": lab.data["id"], "dir": lab.dir, "ports": ports,
                "starter": lab.data["starter"], "owner": lab.data.get("owner")})
        try:
            refuse_used(lab.dir)
            os.makedirs(lab.dir, exist_ok=True)
            common.write_json(lab.path, lab.data)
        except BaseException:
            lab.unregister()
            raise
        return lab, ports

    @classmethod
    def open(cls, directory):
        """The lab recorded in `directory`; LabError when there is none."""
        if not directory:
            raise LabError("no lab named: give --dir or set REMORA_LAB_DIR")
        lab = cls(directory)
        lab.data = common.read_json(lab.path)
        if not isinstance(lab.data, dict) or lab.data.get("layout") != LAYOUT:
            raise LabError(f"{lab.dir} holds no lab (no valid lab.json)")
        return lab

    @contextlib.contextmanager
    def changing(self):
        """Reads lab.json anew under a lock, lets the caller change `data`, writes it back."""
        with common.locked(os.path.join(self.dir, ".lock")):
            self.data = common.read_json(self.path, self.data)
            yield self.data
            common.write_json(self.path, self.data)

    @property
    def marker(self):
        """JVM argument that every process of this lab carries."""
        return marker_of(self.data["id"])

    def registry_path(self):
        return os.path.join(registry_dir(), self.data["id"] + ".json")

    def unregister(self):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.registry_path())

    def broker(self, number):
        """Record of broker `number`; LabError when there is none."""
        for broker in self.data["brokers"]:
            if broker["id"] == number:
                return broker
        raise LabError(f"this lab has no broker {number}")

    def bootstrap(self):
        if self.data.get("state") != "up":
            raise LabError(f"the lab in {self.dir} is not up (state: {self.data.get('state')})")
        return self.data["bootstrap"]


def refuse_used(directory):
    """LabError when `directory` holds something: a lab's directory is removed when it ends."""
    if os.path.lexists(directory) and (not os.path.isdir(directory) or os.listdir(directory)):
        raise LabError(f"{directory} exists and is not an empty directory")


def remove_directory(directory, is_lab):
    """Removes a lab's directory; one that never became a lab only as far as it is the lab's.

    A start can be killed after it was registered and before it wrote lab.json: what else lies in
    the directory by then is not ours.
    """
    if is_lab:
        shutil.rmtree(directory, ignore_errors=True)
        return
    for path in glob.glob(os.path.join(glob.escape(directory), common.TEMP_PREFIX + "*")):
        with contextlib.suppress(OSError):
            os.unlink(path)
    with contextlib.suppress(OSError):
        os.rmdir(directory)


def marker_of(lab_id):
    return f"-Dremora.lab={lab_id}"


def choose_ports(count):
    """`count` ports of 127.0.0.1 that are free now and belong to no registered lab.

    They lie below the kernel's range for outgoing connections, so that none of those takes one
    before the broker binds it.
    """
    import random
    import socket
    taken = {port for _, entry in registered() for port in entry.get("ports", [])}
    chosen = []
    for _ in range(4000):
        if len(chosen) == count:
            return chosen
        port = random.randrange(15000, 30000)
        if port in taken or port in chosen:
            continue
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            try:
                probe.bind(("0.0.0.0", port))
            except OSError:
                continue
        chosen.append(port)
    raise LabError(f"found no {count} free ports")


def stop(directory, lab_id, data, seconds=30.0):
    """Stops every process of a lab: loads, then brokers, then ZooKeeper. Returns kills needed.

    Recorded processes are matched by pid and start time; those that a crash kept from being
    recorded are found by the lab's own marker on their command line.
    """
    killed = 0
    data = data or {}
    loads = [load.get("process") for load in data.get("loads", [])]
    killed += common.stop_processes([process for process in loads if process], seconds=10.0)
    brokers = [broker.get("process") for broker in data.get("brokers", [])]
    killed += common.stop_processes([process for process in brokers if process], seconds=seconds)
    keeper = (data.get("zookeeper") or {}).get("process")
    rest = common.marked_processes(marker_of(lab_id))
    killed += common.stop_processes(([keeper] if keeper else []) + rest, seconds=10.0)
    if killed:
        say(f"{killed} process(es) of {directory} had to be killed")
    return killed


def down(directory, keep=False, seconds=30.0):
    """Stops the lab in `directory` and removes it (unless `keep`); fine when it is half there."""
    directory = os.path.abspath(directory)
    data = common.read_json(os.path.join(directory, "lab.json"))
    entry = next((entry for _, entry in registered() if entry["dir"] == directory), None)
    if not isinstance(data, dict) or data.get("layout") != LAYOUT:
        if entry is None:
            raise LabError(f"{directory} holds no lab")
        data = None
    lab_id = data["id"] if data else entry["id"]
    stop(directory, lab_id, data, seconds)
    if keep and data:
        data["state"] = "down"
        common.write_json(os.path.join(directory, "lab.json"), data)
    elif not keep:
        remove_directory(directory, data is not None)
    with contextlib.suppress(FileNotFoundError):
        os.unlink(os.path.join(registry_dir(), lab_id + ".json"))


def stale_reason(entry):
    """Why a registered lab is stale; None when it is in use."""
    data = common.read_json(os.path.join(entry["dir"], "lab.json"), {})
    if (entry.get("starter") or {}).get("boot") != common.boot_id():
        return "the machine has restarted since"
    starter = common.is_alive(entry.get("starter"))
    if data.get("state") != "up":
        return None if starter else "its start was cut short"
    owner = data.get("owner")
    if owner and not common.is_alive(owner):
        return "its owner has ended"
    stopped_on_purpose = any(broker.get("stopped") for broker in data["brokers"])
    # A lab that joined others' brokers has none of its own.
    if data["brokers"] and not stopped_on_purpose and not starter and not any(
            common.is_alive(broker.get("process")) for broker in data["brokers"]):
        return "none of its brokers runs"
    return None


def down_stale():
    """Takes down every stale lab of the registry; returns how many."""
    count = 0
    for path, entry in registered():
        reason = stale_reason(entry)
        if not reason:
            continue
        say(f"removing the lab in {entry['dir']}: {reason}")
        try:
            down(entry["dir"])
        except LabError as error:
            say(str(error))
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
        count += 1
    return count
