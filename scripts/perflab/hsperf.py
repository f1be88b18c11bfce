"""The counters that a JVM keeps in a file for `jstat`: read without asking the JVM anything."""
import os
import struct

MAGIC = 0xCAFEC0C0
PROLOGUE = struct.Struct("<BBBBiiqii")  # after the magic; we run where the JVM runs: one byte order
ENTRY = struct.Struct("<iiiBBBBi")
MEGABYTE = 1 << 20


def find(pid):
    """Path of the JVM's file; None when it has none."""
    for user in os.listdir("/tmp"):
        path = f"/tmp/{user}/{pid}"
        if user.startswith("hsperfdata_") and os.path.exists(path):
            return path
    return None


def parse(data):
    """name -> number, of the whole numbers in it; {} when it is not (yet) such a file."""
    if len(data) < 32 or struct.unpack_from(">I", data)[0] != MAGIC or data[4] != 1:
        return {}
    *_, at, count = PROLOGUE.unpack_from(data, 4)
    found = {}
    for _ in range(count):
        length, name_at, vector, kind, *_, value_at = ENTRY.unpack_from(data, at)
        if kind == ord("J") and vector == 0:
            end = data.index(b"\0", at + name_at)
            name = data[at + name_at:end].decode("ascii", "replace")
            found[name] = struct.unpack_from("<q", data, at + value_at)[0]
        at += length
    return found


def gc_facts(counters):
    """Collections, their seconds, and megabytes of heap in use at the end of the last one."""
    collections = sum(value for name, value in counters.items()
                      if name.startswith("sun.gc.collector.") and name.endswith(".invocations"))
    ticks = sum(value for name, value in counters.items()
                if name.startswith("sun.gc.collector.") and name.endswith(".time"))
    used = sum(value for name, value in counters.items()
               if name.startswith("sun.gc.generation.") and name.endswith(".used"))
    return {"gc_count": collections, "gc_s": ticks / counters.get("sun.os.hrt.frequency", 1e9),
            "heap_used_mb": used / MEGABYTE}


def read(path):
    """The facts of gc_facts now; {} when the JVM is gone."""
    try:
        with open(path, "rb") as source:
            counters = parse(source.read())
    except (OSError, TypeError):
        return {}
    return gc_facts(counters) if counters else {}
