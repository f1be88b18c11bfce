#!/usr/bin/env python3
"""`remora check` takes every file of examples/ without a warning, and examples/README.md has a row for each."""

import json
import os
import pathlib
import re
import subprocess
import unittest

HERE = pathlib.Path(__file__).resolve().parent
EXAMPLES = HERE.parents[1] / "examples"
LISTING = HERE.parents[1] / "native" / "forecast" / "broker_beans.txt"
SCHEMA = HERE.parents[1] / "native" / "config" / "remora.schema.json"
TOOL = os.environ["REMORA_TOOL"]


def seconds(text):
    return sum(int(number) * {"d": 86400, "h": 3600, "m": 60, "s": 1}[unit]
               for number, unit in re.findall(r"(\d+)([dhms])", text))


class ExamplesTest(unittest.TestCase):
    def test_each_is_valid_and_all_that_it_names_is_on_a_real_broker(self):
        environment = {key: value for key, value in os.environ.items() if not key.startswith(("REMORA_", "TOPIC_"))}
        files = sorted(EXAMPLES.glob("*.json"))
        self.assertGreater(len(files), 5)
        for file in files:
            with self.subTest(file.name):
                done = subprocess.run([TOOL, "check", str(file), "--mbeans", str(LISTING)], capture_output=True,
                                      text=True, check=False, env=environment)
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                series = re.search(r"^(\d+) series of \d+ beans out of \d+$", done.stdout, re.M)
                self.assertGreater(int(series[1]), 0)

    def test_the_page_has_a_row_for_each(self):
        page = (EXAMPLES / "README.md").read_text()
        rows = re.findall(r"^\| `([\w-]+\.json)` \|", page.partition("## For shippers")[0], re.M)
        self.assertEqual(sorted(rows), sorted(file.name for file in EXAMPLES.glob("*.json")))
        of_shippers = re.findall(r"\| `(shippers/[\w.-]+)` \|", page)
        self.assertEqual(sorted(of_shippers), sorted(str(file.relative_to(EXAMPLES))
                                                     for file in (EXAMPLES / "shippers").iterdir()))

    def test_telegraf_keeps_a_series_for_longer_than_two_keyframes(self):
        output, = json.loads((EXAMPLES / "influx.json").read_text())["outputs"]
        keys = json.loads(SCHEMA.read_text())["properties"]["outputs"]["items"]["properties"]
        self.assertEqual(output["emit"], "changed")
        keyframe = seconds(output.get("keyframe_interval", keys["keyframe_interval"]["default"]))
        telegraf = (EXAMPLES / "shippers" / "telegraf.conf").read_text()
        kept, = re.findall(r'^ *expiration_interval = "(\w+)"', telegraf, re.M)
        self.assertGreater(keyframe, 0)
        self.assertGreater(seconds(kept), 2 * keyframe)


if __name__ == "__main__":
    unittest.main(verbosity=2)
