#!/usr/bin/env python3
"""What the file says is true: a second reader in the same broker finds the same values at each tick."""

import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import broker_lab  # noqa: E402
from broker_lab import BUILD, ROOT  # noqa: E402


class TruthTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        directory = tempfile.TemporaryDirectory(prefix="remora-truth-")
        cls.addClassCleanup(directory.cleanup)
        done = subprocess.run(
            [sys.executable, ROOT / "scripts" / "bench", "--build", BUILD, "truth", "--short",
             "--keep", directory.name], capture_output=True, text=True, timeout=800)
        print(done.stdout.rpartition("\n{")[0], done.stderr, sep="\n")
        if done.returncode not in (0, 2):
            raise AssertionError(f"bench truth ended with {done.returncode}")
        cls.result = json.loads(done.stdout.strip().splitlines()[-1])

    def test_1_the_truth_was_there_to_compare(self):
        for scenario in self.result["scenarios"]:
            self.assertGreater(scenario["ticks"], 1, scenario["name"])
            for kind in ("alert", "broker", "topic", "partition"):
                self.assertGreater(scenario["classes"][kind]["judged"], 0, (scenario["name"], kind))

    def test_2_every_claim_is_kept(self):
        self.assertEqual([claim for claim in self.result["claims"] if not claim["kept"]], [])


if __name__ == "__main__":
    broker_lab.main()
