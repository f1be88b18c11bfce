"""Compiles library and program for both CPUs, each held against `elf.py`."""
import os
import re
import sys

from labkit import debian, musl, zig
from labkit.common import LabError
from labkit.debian import run
from releasekit import elf

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
CPUS = tuple(debian.CPUS)


def say(text):
    """One line of progress."""
    print(f"release: {text}", file=sys.stderr, flush=True)


class Build:
    """The build directory of one CPU and C library."""

    def __init__(self, work, arch, libc, epoch, *settings):
        """`libc`: as zig names it, e.g. "musl". `settings`: more of CMake's."""
        self.target = f"{arch}-linux-{libc}"
        self.path = os.path.join(work, self.target)
        self.environment = {**os.environ, "SOURCE_DATE_EPOCH": str(epoch),
                            **zig.environment(self.path)}
        run(["cmake", "-G", "Ninja", "-S", ROOT, "-B", self.path,
             f"-DCMAKE_TOOLCHAIN_FILE={ROOT}/cmake/zig.cmake",
             f"-DZIG={zig.program()}", f"-DZIG_TARGET={self.target}",
             "-DREMORA_DEVELOPER_MODE=OFF", "-DCMAKE_BUILD_TYPE=RelWithDebInfo", *settings],
            env=self.environment)

    def make(self, target, name):
        """Path of the file `name`, which `target` makes."""
        say(f"making {name} ({self.target})")
        run(["cmake", "--build", self.path, "--target", target], env=self.environment)
        return os.path.join(self.path, name)


def check(path, faults):
    """LabError with every fault of the file."""
    if faults:
        raise LabError("\n".join(f"{path} {fault}" for fault in faults))
    say(f"{os.path.relpath(path, ROOT)} is as it must be: {os.path.getsize(path)} bytes")


def version():
    """That of project() in CMakeLists.txt."""
    with open(os.path.join(ROOT, "CMakeLists.txt"), encoding="utf-8") as text:
        return re.search(r"project\(remora VERSION ([\d.]+)", text.read())[1]


def build_all(work, epoch):
    """({CPU: {file name: path}}, path of the jar with the libraries of all)."""
    glibc = "gnu." + ".".join(map(str, elf.GLIBC_MAX))
    exports = elf.exports_of(os.path.join(ROOT, "native", "bridge", "exports.map"))
    made, packed = {}, []
    for arch in CPUS:
        build = Build(work, arch, glibc, epoch, *packed)
        library = build.make("remora_shared", "libremora.so")
        check(library, elf.library_faults(library, arch, exports, musl.libc(arch)))
        program = Build(work, arch, "musl", epoch, "-DREMORA_JAVA=OFF").make("remora", "remora")
        check(program, elf.program_faults(program, arch))
        made[arch] = {"libremora.so": library, "remora": program}
        packed.append(f"-DREMORA_LIBRARY_{arch.upper()}={library}")
    return made, build.make("remora_jar", "remora.jar")
