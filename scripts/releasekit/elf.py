"""What a native file of a release must be, read out of it by `readelf`."""
import os
import re

from labkit.debian import run

# That of RHEL 7. With a newer one libc++ leaves thread_local to a function that musl lacks.
GLIBC_MAX = (2, 17)
# musl answers to these names itself.
LIBRARIES = {"libc.so.6", "libpthread.so.0", "libdl.so.2", "libm.so.6"}
# A quarter more than they have: growth is to be seen.
LIBRARY_BYTES_MAX = 3_600_000
PROGRAM_BYTES_MAX = 3_800_000
MACHINES = {"Advanced Micro Devices X86-64": "x86_64", "AArch64": "aarch64"}


def exports_of(map_file):
    """The names in the part `global:` of a version script."""
    with open(map_file, encoding="utf-8") as source:
        found = re.search(r"global:(.*?)local:", source.read(), re.S)
    return set(re.findall(r"\w+", found[1]))


def symbols(path):
    """[(name, version or "", binding, defined)] of the dynamic symbols."""
    rows = re.findall(r"^\s*\d+: \w+\s+\d\w* +\w+\s+(\w+)\s+\w+\s+(\w+) (\w+)(?:@+(\S+))?",
                      run(["readelf", "-W", "--dyn-syms", path]), re.M)
    return [(name, version, binding, section != "UND") for binding, section, name, version in rows]


def common_faults(path, arch, libraries, bytes_max):
    """What is wrong with a file that may need these libraries alone, and no newer glibc."""
    faults = []
    head = run(["readelf", "-W", "-h", path])
    machine = re.search(r"Machine:\s+(.*)", head)[1].strip()
    if MACHINES.get(machine) != arch:
        faults.append(f"is for {machine}, not for {arch}")
    size = os.path.getsize(path)
    if size > bytes_max:
        faults.append(f"has {size} bytes, more than {bytes_max}")
    stack = re.search(r"GNU_STACK(?:\s+0x\w+){5} (.{3})", run(["readelf", "-W", "-l", path]))
    if not stack or "E" in stack[1]:
        faults.append("wants an executable stack")
    dynamic = run(["readelf", "-W", "-d", path])
    if "TEXTREL" in dynamic:
        faults.append("has relocations in its code (TEXTREL)")
    if re.search(r"\((RPATH|RUNPATH)\)", dynamic):
        faults.append("has a search path of its own (RPATH)")
    needed = set(re.findall(r"\(NEEDED\).*\[(.*)\]", dynamic))
    if needed - libraries:
        faults.append("needs " + ", ".join(sorted(needed - libraries)))
    for name, version, _, is_defined in symbols(path):
        number = re.fullmatch(r"GLIBC_([\d.]+)", version)
        if version and not is_defined and (
                not number or tuple(map(int, number[1].split("."))) > GLIBC_MAX):
            faults.append(f"needs {name} of {version}")
    if re.search(r"\] \.(debug_info|symtab)\b", run(["readelf", "-W", "-S", path])):
        faults.append("is not stripped")
    return faults


def library_faults(path, arch, exports, musl):
    """What is wrong with a library for the broker, a sentence each.

    `exports`: the names that it must have. `musl`: the libc.so of musl for `arch`.
    """
    faults = common_faults(path, arch, LIBRARIES, LIBRARY_BYTES_MAX)
    dynamic = run(["readelf", "-W", "-d", path])
    if "BIND_NOW" not in dynamic or "GNU_RELRO" not in run(["readelf", "-W", "-l", path]):
        faults.append("leaves its tables of addresses writable (no RELRO with BIND_NOW)")
    found = symbols(path)
    defined = {name for name, _, _, is_defined in found if is_defined}
    if defined != exports:
        faults.append(f"exports {sorted(defined - exports)}, lacks {sorted(exports - defined)}")
    provided = {name for name, _, _, is_defined in symbols(musl) if is_defined}
    absent = sorted(name for name, _, binding, is_defined in found
                    if not is_defined and binding != "WEAK" and name not in provided)
    if absent:
        faults.append("needs what musl does not have: " + ", ".join(absent))
    return faults


def program_faults(path, arch):
    """What is wrong with the command line tool, which is static: it needs nothing of its host."""
    return common_faults(path, arch, set(), PROGRAM_BYTES_MAX)


def glibc_needed(path):
    """The highest version of glibc's symbols that the file needs, as "2.17"."""
    versions = [version[len("GLIBC_"):] for _, version, _, is_defined in symbols(path)
                if not is_defined and version.startswith("GLIBC_")]
    return max(versions, key=lambda version: tuple(map(int, version.split("."))))
