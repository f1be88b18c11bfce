#!/usr/bin/env python3
"""Makes the release of the last commit twice, from clean clones in two places, and opens it.

The first stays in build/dist, for hosts_test.py and the tests of images.
"""

import gzip
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import unittest
import zipfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
from labkit import debian, zig  # noqa: E402

DIST = ROOT / "build" / "dist"
HERE = os.uname().machine


def run(*command, **more):
    return subprocess.run([str(word) for word in command], check=True, stdout=subprocess.PIPE,
                          text=True, **more).stdout


def build_id(path):
    return re.search(r"Build ID: (\w+)", run("readelf", "-n", path))[1]


def files_below(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


class MadeTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="remora-release-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.second = cls.folder / "dist"
        for place, out in (("a", DIST), ("a/longer/path", cls.second)):
            clone = cls.folder / place / "remora"
            run("git", "clone", "-q", ROOT, clone)
            run(clone / "scripts" / "release", "--out", out)
            shutil.rmtree(clone)
        cls.version = re.search(r"project\(remora VERSION ([\d.]+)",
                                (ROOT / "CMakeLists.txt").read_text())[1]
        for arch in debian.CPUS:
            for what in ("", "-debug"):
                with tarfile.open(cls.archive(arch, what)) as archive:
                    archive.extractall(cls.folder)

    @classmethod
    def archive(cls, arch, what=""):
        return DIST / f"remora-{cls.version}-linux-{arch}{what}.tar.gz"

    def unpacked(self, arch, what=""):
        return self.folder / f"remora-{self.version}-linux-{arch}{what}"

    def deb(self, arch):
        return DIST / f"remora_{self.version}_{debian.CPUS[arch]}.deb"

    def rpm(self, arch):
        return DIST / f"remora-{self.version}-1.{arch}.rpm"

    def installed(self, arch):
        """The tree of the package, as `dpkg -i` would leave it."""
        root = self.folder / f"root-{arch}"
        if not root.exists():
            run("dpkg-deb", "-x", self.deb(arch), root)
        return root

    def test_two_builds_are_the_same(self):
        self.assertEqual((DIST / "SHA256SUMS").read_text(),
                         (self.second / "SHA256SUMS").read_text())

    def test_the_sums_are_of_every_file(self):
        run("sha256sum", "-c", "--strict", "SHA256SUMS", cwd=DIST)
        listed = [line.split("  ")[1] for line in (DIST / "SHA256SUMS").read_text().splitlines()]
        self.assertEqual(listed, sorted(files_below(DIST) - {"SHA256SUMS"}))
        self.assertEqual(len(listed), 10)

    def test_archive_package_and_jar_hold_the_same_library(self):
        with zipfile.ZipFile(DIST / "remora.jar") as jar:
            for arch in debian.CPUS:
                library = jar.read(f"native/linux-{arch}/libremora.so")
                for folder in (self.unpacked(arch), self.installed(arch) / "usr/share/remora"):
                    self.assertEqual(library, (folder / "libremora.so").read_bytes())
                    self.assertEqual((DIST / "remora.jar").read_bytes(),
                                     (folder / "remora.jar").read_bytes())

    def test_there_is_one_version(self):
        commit = run("git", "-C", ROOT, "rev-parse", "HEAD").strip()
        said = run(self.unpacked(HERE) / "remora", "--version").strip()
        self.assertEqual(f"{self.version}+{commit[:12]}", said)
        with zipfile.ZipFile(DIST / "remora.jar") as jar:
            self.assertIn(f"Implementation-Version: {self.version}\r\n",
                          jar.read("META-INF/MANIFEST.MF").decode())
        for arch, cpu in debian.CPUS.items():
            fields = run("dpkg-deb", "-f", self.deb(arch), "Version", "Architecture")
            self.assertEqual(f"Version: {self.version}\nArchitecture: {cpu}\n", fields)
            fields = run("rpm", "-qp", "--qf", "%{VERSION} %{ARCH}", self.rpm(arch))
            self.assertEqual(f"{self.version} {arch}", fields)

    def test_both_kinds_of_package_install_the_same(self):
        for arch in debian.CPUS:
            files = {f"/{path}" for path in files_below(self.installed(arch))}
            listed = run("rpm", "-qp", "--qf", "[%{FILEMODES:perms} %{FILENAMES}\n]",
                         self.rpm(arch)).splitlines()
            self.assertEqual(files, {line.split()[1] for line in listed if line[0] == "-"})
            self.assertIn("-rwxr-xr-x /usr/bin/remora", listed)
            self.assertEqual(run("rpm", "-qp", "--scripts", self.rpm(arch)), "")

    def test_a_debian_package_is_installed_and_purged(self):
        root = self.folder / "dpkg"
        (root / "var/lib/dpkg/updates").mkdir(parents=True)
        (root / "var/lib/dpkg/info").mkdir()
        (root / "var/lib/dpkg/status").touch()
        dpkg = ["dpkg", f"--root={root}", "--force-not-root", "--log=/dev/null"]
        run(*dpkg, "-i", self.deb(HERE))
        self.assertIn(self.version, run(root / "usr/bin/remora", "--version"))
        run(*dpkg, "--purge", "remora")
        self.assertEqual(set(), files_below(root / "usr") if (root / "usr").exists() else set())

    @unittest.skipIf(os.geteuid(), "rpm changes the root directory, which root alone may")
    def test_an_rpm_is_installed_and_erased(self):
        root = self.folder / "rpm"
        root.mkdir()
        rpm = ["rpm", "--root", root, "--dbpath", "/var/lib/rpm"]
        run(*rpm, "--install", self.rpm(HERE))
        self.assertIn(self.version, run(root / "usr/bin/remora", "--version"))
        run(*rpm, "--verify", "remora")
        run(*rpm, "--erase", "remora")
        self.assertEqual(set(), files_below(root / "usr") if (root / "usr").exists() else set())

    def test_archive_and_packages_have_pages_examples_and_images(self):
        for folder in (self.unpacked(HERE), self.installed(HERE) / "usr/share/doc/remora"):
            for name in ("README.md", "CHANGELOG.md", "THIRD-PARTY.txt", "docs/start/install.md",
                         "examples/low-cpu.json", "examples/kafka.service.d/remora.conf",
                         "docker/cp-kafka/Dockerfile", "alerts/remora.yml", "dashboards/remora-overview.json"):
                self.assertTrue((folder / name).stat().st_size, name)

    def test_manual_pages_name_every_command_and_option(self):
        program = self.unpacked(HERE) / "remora"
        pages = self.installed(HERE) / "usr/share/man/man1"
        commands = re.findall(r"^  (\w+)", run(program, "--help").split("Subcommands:")[1], re.M)
        self.assertIn("check", commands)
        self.assertEqual({f"remora-{command}.1.gz" for command in commands} | {"remora.1.gz"},
                         set(os.listdir(pages)))
        for command in commands:
            page = gzip.decompress((pages / f"remora-{command}.1.gz").read_bytes()).decode()
            for option in re.findall(r"(--[\w-]+)", run(program, command, "--help")):
                self.assertIn(option, page.replace("\\-", "-"))

    def test_debug_files_fit_and_no_file_names_the_place_of_its_build(self):
        for arch in debian.CPUS:
            for name in ("libremora.so", "remora"):
                debug = self.unpacked(arch, "-debug") / f"{name}.debug"
                self.assertEqual(build_id(debug), build_id(self.unpacked(arch) / name))
                self.assertIn(".debug_info", run("readelf", "-W", "-S", debug))
                for path in (debug, self.unpacked(arch) / name):
                    self.assertEqual(-1, path.read_bytes().find(str(self.folder).encode()), path)
                # zig's own part of the debug information has the path of its cache.
                stripped = (self.unpacked(arch) / name).read_bytes()
                self.assertEqual(-1, stripped.find(zig.deps_dir().encode()), name)

    def test_the_bill_of_materials_has_what_is_compiled_in(self):
        bill = json.loads((DIST / f"remora-{self.version}.cdx.json").read_text())
        self.assertEqual(bill["metadata"]["component"]["version"], self.version)
        names = {component["name"] for component in bill["components"]}
        self.assertEqual(names, {"mbedtls", "pcre2", "yaml-cpp", "zlib", "ncurses", "boost", "spdlog", "fmt",
                                 "nlohmann-json", "cli11", "libc++", "musl"})
        for component in bill["components"]:
            self.assertTrue(component["version"] and component["licenses"], component)


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)
    unittest.main(verbosity=2)
