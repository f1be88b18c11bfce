"""Facts and small jobs that every part of the lab shares: paths, locks, progress, processes."""
import contextlib
import fcntl
import json
import os
import signal
import sys
import tempfile
import time

DEFAULT_KAFKA = "3.5.0"
TEMP_PREFIX = ".json-"  # of files that are being written


class LabError(Exception):
    """A failure that the user can act on; the message is all that is printed."""


def say(text):
    """One line of progress, on stderr: stdout belongs to results."""
    print(f"lab: {text}", file=sys.stderr, flush=True)


def cache_dir():
    """The lab's cache; made when missing."""
    path = os.environ.get("REMORA_LAB_CACHE") or os.path.expanduser("~/.cache/remora-lab")
    os.makedirs(path, exist_ok=True)
    return os.path.abspath(path)


@contextlib.contextmanager
def locked(path):
    """Holds an exclusive lock on `path` (made when missing); the kernel drops it if we die."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"waiting for another lab that holds {os.path.basename(path)}")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def write_json(path, value):
    """Replaces `path` atomically, so that a reader or a crash never sees half a file."""
    handle, temp = tempfile.mkstemp(dir=os.path.dirname(path), prefix=TEMP_PREFIX)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            json.dump(value, out, indent=1)
            out.write("\n")
        os.replace(temp, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temp)
        raise


def read_json(path, fallback=None):
    """The JSON in `path`; `fallback` when it is missing or not JSON."""
    try:
        with open(path, encoding="utf-8") as source:
            return json.load(source)
    except (OSError, ValueError):
        return fallback


# Processes: a pid alone may have been reused, so a process is its pid and its start time.

def start_time(pid):
    """Start time of `pid` in clock ticks since boot; None when it is gone or a zombie."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as source:
            fields = source.read().rpartition(b")")[2].split()
    except OSError:
        return None
    if fields[0] in (b"Z", b"X"):
        return None
    return int(fields[19])


def boot_id():
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as source:
            return source.read().strip()
    except OSError:
        return ""


def identify(pid):
    """What lab.json records about a process."""
    return {"pid": pid, "start": start_time(pid), "boot": boot_id()}


def is_alive(process):
    """Whether the recorded process (a dict of `identify`) still runs, and is that very one."""
    if not process or not process.get("pid") or process.get("start") is None:
        return False
    return process.get("boot") == boot_id() and start_time(process["pid"]) == process["start"]


def marked_processes(marker):
    """Processes that have `marker` as one whole argument: those of a lab that died mid-start."""
    wanted = marker.encode()
    found = []
    for name in os.listdir("/proc"):
        if not name.isdigit() or int(name) == os.getpid():
            continue
        try:
            with open(f"/proc/{name}/cmdline", "rb") as source:
                if wanted in source.read().split(b"\0"):
                    found.append(identify(int(name)))
        except OSError:
            continue
    return [process for process in found if process["start"] is not None]


def reap_polled(children):
    """Collects those of our own children that ended, so that none stays a zombie."""
    for child in children:
        child.poll()


def stop_processes(processes, seconds=20.0, first=signal.SIGTERM):
    """Signals all, waits until the deadline, then SIGKILL. Returns how many needed the kill."""
    def send(process, number):
        if is_alive(process):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process["pid"], number)

    def wait(left_seconds):
        deadline = time.monotonic() + left_seconds
        while time.monotonic() < deadline:
            if not any(is_alive(process) for process in processes):
                return True
            time.sleep(0.05)
        return not any(is_alive(process) for process in processes)

    for process in processes:
        send(process, first)
    if wait(seconds):
        return 0
    stubborn = [process for process in processes if is_alive(process)]
    for process in stubborn:
        send(process, signal.SIGKILL)
    if not wait(10.0):
        raise LabError(f"process {stubborn[0]['pid']} does not end even by SIGKILL")
    return len(stubborn)
