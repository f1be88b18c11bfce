"""What preload.cpp does to a process that it is loaded into, and what it counts there."""

import pathlib
import re
import struct
import time

from broker_lab import BUILD

PRELOAD = BUILD / "tests" / "libchaos_preload.so"


class Preloaded:
    """`path`: of the file through which both talk; it is made. `main`: the main class of the JVM that is meant."""

    CONTROL = struct.Struct("<qqQQqq")  # of preload.cpp
    LIBRARY, LEAK, TAKEN = 16, 32, 40

    def __init__(self, path, main):
        self.control_path = path
        self.control_path.write_bytes(bytes(self.CONTROL.size))
        self.main = main

    def environment(self):
        return {"LD_PRELOAD": str(PRELOAD), "CHAOS_CONTROL": str(self.control_path), "CHAOS_MAIN": self.main}

    def put(self, at, format, *values):
        with open(self.control_path, "r+b") as control:
            control.seek(at)
            control.write(struct.pack(format, *values))

    def set(self, offset_s=0, disk_full=False):
        self.put(0, "<qq", offset_s * 1_000_000_000, int(disk_full))

    def count_library(self, pid):
        """From now on."""
        parts = re.findall(r"^(\w+)-(\w+) .*libremora", pathlib.Path(f"/proc/{pid}/maps").read_text(), re.M)
        self.put(self.LIBRARY, "<QQ", int(parts[0][0], 16), int(parts[-1][1], 16))

    def leak(self, size):
        """The library loses at least so many bytes, as it gives them back."""
        self.put(self.LEAK, "<q", size)

    def library_bytes(self, seconds=3):
        """Taken and not given back, less what is taken for moments only."""
        least = None
        end = time.monotonic() + seconds
        while least is None or time.monotonic() < end:
            taken, = struct.unpack_from("<q", self.control_path.read_bytes(), self.TAKEN)
            least = taken if least is None else min(least, taken)
            time.sleep(0.01)
        return least
