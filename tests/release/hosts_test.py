#!/usr/bin/env python3
"""The release in build/dist on hosts unlike this one: an old glibc, musl, another CPU."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
for folder in (HERE.parent / "support", HERE.parent / "broker", HERE.parents[1] / "scripts"):
    sys.path.insert(0, str(folder))
from broker_lab import BUILD, LAB, ROOT, Lab, run, wait_for  # noqa: E402
from labkit import musl, zig  # noqa: E402
from matrix_test import TIERS, Row  # noqa: E402
from releasekit import build, elf  # noqa: E402

DIST = ROOT / "build" / "dist"
JAR = DIST / "remora.jar"
ARCH = os.uname().machine
LINE_MAX = 200


def unpacked_program(arch, folder):
    """The command line tool of the archive for that CPU."""
    name = f"remora-{build.version()}-linux-{arch}"
    run("tar", "-xzf", DIST / f"{name}.tar.gz", "-C", folder, f"{name}/remora")
    return pathlib.Path(folder) / name / "remora"


class HostTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="remora-host-"))
        self.addCleanup(shutil.rmtree, self.folder)

    @staticmethod
    def java(*options):
        """The path of a Java of another host."""
        return run(LAB, "jre", *options, timeout=1200).stdout.split()[-1]

    def one_line(self, jar, **lab):
        """What the agent of a broker, which serves all the same, says of its library: one line."""
        with Lab(jar=jar, **lab) as lab:
            lines = wait_for("a line of the agent", lambda: [
                line for line in lab.log().splitlines() if "native library" in line])
        self.assertEqual(1, len(lines), lines)
        print(lines[0])
        self.assertLess(len(lines[0]), LINE_MAX)
        return lines[0]


class GlibcTest(HostTest):
    def test_a_broker_on_the_glibc_of_debian_11(self):
        java = self.java("11", "--libc", "suite")
        root = pathlib.Path(java).parents[5]
        self.assertTrue(list(root.rglob("libc-2.31.so")), f"its C library below {root}")
        Row("3.5.0", 11, TIERS[0], JAR, ["--java", java]).measure(self)

    def test_a_library_that_is_too_new_for_the_host_is_one_line(self):
        needed = elf.glibc_needed(BUILD / "libremora.so")
        if tuple(map(int, needed.split("."))) <= (2, 31):
            self.skipTest("the quick build of this machine suits glibc 2.31")
        jar = shutil.copy(BUILD / "remora.jar", self.folder)
        line = self.one_line(jar, up=["--java", self.java("11", "--libc", "suite")])
        self.assertIn(f"from the jar: needs GLIBC_{needed}, this host has glibc 2.31", line)


class CpuTest(HostTest):
    def test_a_broker_on_aarch64(self):
        java = self.java("17", "--cpu", "aarch64")
        # An emulator beside other work starts slowly.
        Row("3.5.0", 17, TIERS[0], JAR, ["--java", java, "--timeout", "280"]).measure(self)

    def test_the_program_runs_on_aarch64(self):
        script = pathlib.Path(self.java("17", "--cpu", "aarch64"))
        emulator = script.parent / "qemu/usr/bin/qemu-aarch64-static"
        said = run(emulator, unpacked_program("aarch64", self.folder), "--version").stdout
        self.assertRegex(said, rf"^{build.version()}\+\w+\n$")

    def test_a_cpu_without_a_library_is_one_line(self):
        line = self.one_line(JAR, env={"JAVA_TOOL_OPTIONS": "-Dos.arch=riscv64"})
        self.assertIn("no library for riscv64, only for x86_64 and aarch64", line)

    def test_a_library_of_another_cpu_is_one_line(self):
        other = next(arch for arch in build.CPUS if arch != ARCH)
        library = self.folder / "libremora.so"
        with zipfile.ZipFile(JAR) as jar:
            library.write_bytes(jar.read(f"native/linux-{other}/libremora.so"))
        line = self.one_line(JAR, agent_arguments=f"library={library}")
        self.assertIn(f"is for {other}, this host is {ARCH}", line)


class MuslTest(HostTest):
    """A whole broker, and a program without a JVM for what needs no broker."""

    def setUp(self):
        super().setUp()
        self.library = self.folder / "libremora.so"
        with zipfile.ZipFile(JAR) as jar:
            self.library.write_bytes(jar.read(f"native/linux-{ARCH}/libremora.so"))
        self.host = self.folder / "host"
        run(zig.program(), "cc", "-target", f"{ARCH}-linux-musl", "-dynamic", "-O2",
            f"-I{ROOT}/include", HERE / "host.c", "-o", self.host,
            env=zig.environment(str(self.folder)))

    def ask(self, config):
        """(status, output) of the host program with a configuration of that text."""
        path = self.folder / "remora.json"
        path.write_text(config)
        done = subprocess.run([musl.libc(ARCH), self.host, self.library, str(path)],
                              capture_output=True, text=True, timeout=60, check=False)
        return done.returncode, done.stdout

    def test_a_broker(self):
        java = self.java("17", "--libc", "musl")
        self.assertIn("musl", run("patchelf", "--print-interpreter", java).stdout)
        Row("3.5.0", 17, TIERS[0], JAR, ["--java", java]).measure(self)

    def test_the_core_starts_writes_and_stops(self):
        status, said = self.ask(
            '{"directory": "%s", "outputs": ['
            '{"type": "file", "format": "prometheus", "path": "${dir}/remora.prom"}, '
            '{"type": "udp", "format": "statsd", "host": "localhost", "port": 9}]}' % self.folder)
        self.assertEqual(0, status, said)
        self.assertRegex(said, rf"^{build.version()}\+\w+ 0 0\n$")
        self.assertIn("remora_up 0", (self.folder / "remora.prom").read_text())

    def test_a_rule_file_may_name_its_version_of_yaml(self):
        rules = self.folder / "rules.yml"
        rules.write_text("%YAML 1.2\n---\nrules:\n- pattern: a<b=(.+)><>Count\n  name: a_$1\n")
        status, said = self.ask('{"directory": "%s", "outputs": [{"path": "${dir}/remora.prom", "names": "%s"}]}'
                                % (self.folder, rules))
        self.assertEqual(0, status, said)

    def test_a_bad_configuration_is_said(self):
        status, said = self.ask('{"topics": {"mode": "regex", "regex": "("}}')
        self.assertEqual(1, status)
        self.assertIn("topics.regex", said)


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)
    unittest.main(verbosity=2)
