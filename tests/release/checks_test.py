#!/usr/bin/env python3
"""Each check of scripts/releasekit/elf.py finds its fault, in small files that are made for it.

    checks_test.py COMPILER
"""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))
from releasekit import elf  # noqa: E402

COMPILER = sys.argv.pop(1)
ARCH = os.uname().machine
OTHER = next(arch for arch in elf.MACHINES.values() if arch != ARCH)
SOURCE = '#include <unistd.h>\nextern "C" int remora_start() { return getpid(); }\n'
NEWER = ('#include <stdlib.h>\n'
         'extern "C" int remora_start() { return secure_getenv("A") ? 1 : 0; }\n')  # of glibc 2.17
SAFE = ("-shared", "-fPIC", "-nostartfiles", "-s", "-Wl,-z,relro,-z,now", "-Wl,--no-as-needed")


class ChecksTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="remora-elf-")
        cls.addClassCleanup(cls.folder.cleanup)
        cls.musl = cls.compiled("musl", 'extern "C" int getpid() { return 1; }')

    @classmethod
    def compiled(cls, name, source=SOURCE, flags=SAFE, more=("-lc",)):
        path = os.path.join(cls.folder.name, name)
        subprocess.run([COMPILER, "-x", "c++", "-O1", "-nostdlib", "-", "-x", "none", "-o", path,
                        *flags, *more], input=source, text=True, check=True)
        return path

    def faults(self, name, arch=ARCH, **how):
        return elf.library_faults(self.compiled(name, **how), arch, {"remora_start"}, self.musl)

    def test_a_library_as_it_must_be_has_no_fault(self):
        self.assertEqual([], self.faults("good"))

    def test_each_fault_of_a_library_is_found(self):
        cases = [
            ("stack", {"more": ("-lc", "-Wl,-z,execstack",)}, "wants an executable stack"),
            ("path", {"more": ("-lc", "-Wl,-rpath,/opt",)}, "has a search path of its own (RPATH)"),
            ("needs", {"more": ("-lc", "-lm", "-l:libresolv.so.2")}, "needs libresolv.so.2"),
            ("symbols", {"flags": [flag for flag in SAFE if flag != "-s"]}, "is not stripped"),
            ("relro", {"more": ("-lc", "-Wl,-z,lazy", "-Wl,-z,norelro")},
             "leaves its tables of addresses writable (no RELRO with BIND_NOW)"),
            ("exports", {"source": SOURCE + 'extern "C" void more() {}\n'},
             "exports ['more'], lacks []"),
            ("lacks", {"source": SOURCE.replace("remora_start", "other")},
             "exports ['other'], lacks ['remora_start']"),
            ("absent", {"source": NEWER}, "needs what musl does not have: secure_getenv"),
            ("cpu", {"arch": OTHER}, f", not for {OTHER}"),
        ]
        if ARCH == "x86_64":
            cases.append(("text", {"source": SOURCE + 'asm("movabs $remora_start, %rax");\n',
                                   "more": ("-lc", "-Wl,-z,notext", "-Wl,--no-warnings")},
                          "has relocations in its code (TEXTREL)"))
        for name, how, fault in cases:
            with self.subTest(name):
                found = self.faults(name, **how)
                self.assertEqual(1, len([each for each in found if each.endswith(fault)]), found)

    def test_a_newer_symbol_of_glibc_is_named(self):
        path = self.compiled("floor", NEWER)
        self.assertEqual("2.17", elf.glibc_needed(path))
        self.addCleanup(setattr, elf, "GLIBC_MAX", elf.GLIBC_MAX)
        elf.GLIBC_MAX = (2, 16)
        self.assertIn("needs secure_getenv of GLIBC_2.17", self.faults("newer", source=NEWER))

    def test_size_is_bounded(self):
        path = self.compiled("large")
        self.addCleanup(setattr, elf, "LIBRARY_BYTES_MAX", elf.LIBRARY_BYTES_MAX)
        elf.LIBRARY_BYTES_MAX = 9
        self.assertEqual([f"has {os.path.getsize(path)} bytes, more than 9"],
                         elf.library_faults(path, ARCH, {"remora_start"}, self.musl))

    def test_a_program_must_be_static(self):
        source = 'extern "C" void _start() {}\n'
        flags = ("-s", "-nostartfiles")
        static = self.compiled("static", source, flags, ("-static",))
        self.assertEqual([], elf.program_faults(static, ARCH))
        dynamic = self.compiled("dynamic", source, (*flags, "-Wl,--no-as-needed"))
        self.assertEqual(["needs libc.so.6"], elf.program_faults(dynamic, ARCH))


if __name__ == "__main__":
    unittest.main(verbosity=2)
