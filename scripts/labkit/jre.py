"""Gets Java runtimes other than the machine's, most from Debian's suites; nothing is installed.

One of another CPU runs under qemu, and others keep the C library of their suite or have musl. So
what a broker's host may be like is tried on this one.
"""
import contextlib
import glob
import os
import re
import shutil
import subprocess

from labkit import broker, common, debian, musl
from labkit.common import LabError, say
from labkit.debian import Apt, mend_links, run

LAYOUT = 1
SUITES = {8: ("sid",),
          11: ("bullseye", "bullseye-security"),
          17: ("bookworm", "bookworm-security"),
          21: ("trixie", "trixie-security"),
          25: ("trixie", "trixie-security")}

# For a runtime that needs a newer C library than the machine's: the one of its own suite.
LIBRARIES = ["libc6", "libgcc-s1", "libstdc++6", "zlib1g"]


def is_program(path):
    with contextlib.suppress(OSError):
        with open(path, "rb") as source:
            return source.read(4) == b"\x7fELF" and not os.path.islink(path)
    return False


def bind_libraries(root, home):
    """Points the runtime's programs at the loader and the libraries below `root`."""
    loaders = [path for pattern in ("lib*/ld-linux*", "usr/lib*/ld-linux*", "lib/*/ld-linux*",
                                    "usr/lib/*/ld-linux*")
               for path in glob.glob(os.path.join(root, pattern)) if os.path.exists(path)]
    if not loaders:
        raise LabError(f"no loader below {root}")
    folders = {os.path.dirname(path) for name in ("libc.so.6", "libstdc++.so.6", "libz.so.1")
               for path in glob.glob(os.path.join(root, "**", name), recursive=True)}
    programs = [path for pattern in ("**/bin/*", "**/jspawnhelper")
                for path in glob.glob(os.path.join(home, pattern), recursive=True)]
    for path in filter(is_program, programs):
        old = run(["patchelf", "--print-rpath", path]).strip()
        run(["patchelf", "--set-interpreter", loaders[0], "--force-rpath", "--set-rpath",
             ":".join(filter(None, [old, *sorted(folders)])), path])


def works(java, version):
    """Whether `java` runs and is of `version`."""
    try:
        text = run([java, "-version"], timeout=60)
    except (LabError, subprocess.TimeoutExpired):
        return False
    return re.search(rf'version "(1\.)?{version}\b', text) is not None


def programs(root):
    """The programs java below `root`."""
    found = sorted({os.path.realpath(path) for pattern in ("*/bin/java", "*/jre/bin/java")
                    for path in glob.glob(os.path.join(root, "usr/lib/jvm", pattern))})
    return [path for path in found if is_program(path)]


def emulated(root, temp, program):
    """A script that runs `program`, which is for aarch64, with what is below `root`."""
    Apt(temp + "/host", SUITES[17]).unpack(["qemu-user-static"], root + "/qemu")
    path = os.path.join(root, "java")
    with open(path, "w", encoding="utf-8") as script:
        script.write(f"#!/bin/sh\nexec {root}/qemu/usr/bin/qemu-aarch64-static -L {root} "
                     f'{program} "$@"\n')
    os.chmod(path, 0o755)
    return path


def install(root, version, cpu, libc):
    """Fills `root` from Debian; returns the path of java."""
    temp = root + ".apt"
    try:
        apt = Apt(temp, SUITES[version], debian.CPUS[cpu] if cpu else None)
        apt.unpack([f"openjdk-{version}-jre-headless"], root)
        if cpu or libc:
            apt.unpack(LIBRARIES, root)
        mend_links(root)
        found = programs(root)
        if not found:
            raise LabError(f"no java in Debian's package of Java {version}")
        if cpu:
            found = [emulated(root, temp, found[0])]
        elif libc:
            bind_libraries(root, os.path.dirname(os.path.dirname(found[0])))
        elif not works(found[0], version):
            say(f"Java {version} needs a newer C library than this machine's: giving it its own")
            apt.unpack(LIBRARIES, root)
            bind_libraries(root, os.path.dirname(os.path.dirname(found[0])))
        if not works(found[0], version):
            raise LabError(f"Java {version} does not run here")
        return found[0]
    finally:
        shutil.rmtree(temp, ignore_errors=True)


def java(version, cpu=None, libc=None):
    """Path of a java of major `version`; got when missing, then kept in the cache.

    `cpu`: "aarch64", to run under qemu; None: the machine's. `libc`: "suite" for the C library of
    its suite, "musl"; None: the machine's, where that is new enough.
    """
    if version == 17 and not cpu and not libc:
        return broker.default_java()
    if libc == "musl" and (version != 17 or cpu):
        raise LabError("with musl there is Java 17 for the machine's CPU only")
    if version not in SUITES:
        raise LabError(f"no Java {version} here: there are "
                       + ", ".join(map(str, sorted(SUITES))))
    name = "-".join(filter(None, ["jre", str(version), cpu, libc]))
    root = os.path.join(common.cache_dir(), name)
    stamp = os.path.join(root, "complete.json")
    with common.locked(root + ".lock"):
        known = common.read_json(stamp, {})
        if known.get("layout") == LAYOUT and os.access(known["java"], os.X_OK):
            return known["java"]
        say(f"getting Java {version} " + ("for musl" if libc == "musl" else
                                          f"from Debian ({SUITES[version][0]})"))
        shutil.rmtree(root, ignore_errors=True)
        os.makedirs(root)
        try:
            path = musl.install_java(root) if libc == "musl" else install(root, version, cpu, libc)
            common.write_json(stamp, {"layout": LAYOUT, "java": path})
        except BaseException:
            shutil.rmtree(root, ignore_errors=True)
            raise
    return path
