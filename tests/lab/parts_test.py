#!/usr/bin/env python3
"""The lab's parts that need no broker: versions, ports, records of processes, what may be removed."""

import os
import pathlib
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "scripts"))

from labkit import broker, common, cpu, download, load, metadata, state  # noqa: E402


class WithCache(unittest.TestCase):
    """A cache of its own: no lab of this machine is seen or touched."""

    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="remora-test-"))
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)
        before = os.environ.get("REMORA_LAB_CACHE")
        os.environ["REMORA_LAB_CACHE"] = str(self.dir / "cache")

        def restore():
            del os.environ["REMORA_LAB_CACHE"]
            if before is not None:
                os.environ["REMORA_LAB_CACHE"] = before
        self.addCleanup(restore)

    def sleeper(self, *marks):
        """A process that does nothing, with `marks` on its command line."""
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)", *marks])
        self.addCleanup(child.wait)
        self.addCleanup(child.kill)
        return child

    @staticmethod
    def ended_process():
        child = subprocess.Popen(["true"])
        facts = {"pid": child.pid, "start": 1, "boot": common.boot_id()}
        child.wait()
        return facts


class VersionTest(unittest.TestCase):
    def test_prefixes_become_ranges_of_maven(self):
        self.assertEqual(download.version_range("3.9"), "[3.9,3.10)")
        self.assertEqual(download.version_range("4"), "[4,5)")
        for text in ("", "x", "3.x", "3.5.0.1"):
            with self.assertRaises(common.LabError):
                download.version_range(text)

    def test_logging_and_tools_follow_the_version(self):
        names = {version: {name for _, name, _ in download.artifacts(version)}
                 for version in ("2.8.2", "3.5.0", "3.9.1", "4.1.0")}
        self.assertNotIn("kafka-tools", names["3.5.0"])
        self.assertIn("kafka-tools", names["3.9.1"])
        self.assertIn("slf4j-reload4j", names["2.8.2"])
        self.assertIn("log4j-core", names["4.1.0"])
        self.assertNotIn("slf4j-reload4j", names["4.1.0"])


class SettingsTest(unittest.TestCase):
    def test_three_brokers_share_one_quorum_and_all_listen_on_loopback_only(self):
        ports = {number: {"client": 20000 + number, "peer": 21000 + number} for number in (1, 2, 3)}
        rows = [broker.kraft_properties("/lab", number, ports) for number in ports]
        voters = "1@127.0.0.1:21001,2@127.0.0.1:21002,3@127.0.0.1:21003"
        self.assertEqual({row["controller.quorum.voters"] for row in rows}, {voters})
        self.assertEqual({row["default.replication.factor"] for row in rows}, {"3"})
        self.assertEqual(len({row["log.dirs"] for row in rows}), 3)
        for row in rows:
            for address in re.findall(r"//([^,]*)", row["listeners"]):
                self.assertTrue(address.startswith("127.0.0.1:"), address)
        for option in broker.jmx_options(1234):
            if "host" in option:
                self.assertTrue(option.endswith("=127.0.0.1"), option)

    def test_pairs_and_phases_are_checked(self):
        self.assertEqual(broker.parse_pairs(["a=b=c", " d = e"]), {"a": "b=c", "d": "e"})
        with self.assertRaises(common.LabError):
            broker.parse_pairs(["nothing"])
        with self.assertRaises(common.LabError):
            load.parse_phases("steady,storm")


class MetadataTest(unittest.TestCase):
    @staticmethod
    def answer(ids):
        rows = b"".join(struct.pack(">ih", node, 9) + b"127.0.0.1" + struct.pack(">ih", 9092, -1)
                        for node in ids)
        return struct.pack(">i", len(ids)) + rows + struct.pack(">ii", 1, 0)

    def serve(self, body):
        """A server that answers one request with `body`; its port."""
        server = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(server.close)

        def once():
            connection, _ = server.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(struct.pack(">ii", len(body) + 4, 7) + body)
        thread = threading.Thread(target=once, daemon=True)
        thread.start()
        self.addCleanup(thread.join)
        return server.getsockname()[1]

    def test_brokers_of_the_answer_are_found(self):
        self.assertEqual(metadata.brokers(self.serve(self.answer([3, 1, 2]))), [1, 2, 3])

    def test_deaf_port_and_torn_answer_are_no_brokers(self):
        self.assertIsNone(metadata.brokers(self.serve(self.answer([1, 2])[:10])))
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            self.assertIsNone(metadata.brokers(closed.getsockname()[1], timeout_s=0.5))


class ProcessTest(WithCache):
    def test_process_is_known_by_pid_and_start_and_boot(self):
        facts = common.identify(self.sleeper().pid)
        self.assertTrue(common.is_alive(facts))
        self.assertFalse(common.is_alive({**facts, "start": facts["start"] + 1}))
        self.assertFalse(common.is_alive({**facts, "boot": "another"}))
        self.assertFalse(common.is_alive(self.ended_process()))
        self.assertFalse(common.is_alive(None))

    def test_reused_pid_is_never_signalled(self):
        child = self.sleeper()
        facts = common.identify(child.pid)
        common.stop_processes([{**facts, "start": facts["start"] - 1}], seconds=0.2)
        self.assertIsNone(child.poll())
        common.stop_processes([facts])
        self.assertEqual(child.wait(10), -signal.SIGTERM)

    def test_mark_must_be_a_whole_argument(self):
        mine = self.sleeper(state.marker_of("abc"))
        self.sleeper(state.marker_of("abcd"))
        common.stop_processes([])  # none to stop: returns at once
        self.assertEqual([found["pid"] for found in common.marked_processes(state.marker_of("abc"))],
                         [mine.pid])

    def test_cpu_of_this_process_is_counted_by_thread(self):
        before = cpu.measure(os.getpid())
        deadline = sum(os.times()[:2]) + 0.1
        while sum(os.times()[:2]) < deadline:
            pass
        after = cpu.measure(os.getpid())
        spent = after["user_s"] + after["system_s"] - before["user_s"] - before["system_s"]
        self.assertGreater(spent, 0.05)
        self.assertGreater(sum(after["threads"].values()), sum(before["threads"].values()))


class RecordTest(WithCache):
    def create(self, folder, **data):
        return state.Lab.create(str(folder), data, 3)

    def test_ports_of_two_labs_differ_and_are_free(self):
        _, first = self.create(self.dir / "a")
        _, second = self.create(self.dir / "b")
        self.assertEqual(len({*first, *second}), 6)
        for port in first:
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", port))

    def test_directory_in_use_is_refused_and_kept(self):
        used = self.dir / "used"
        used.mkdir()
        (used / "file").write_text("precious")
        with self.assertRaises(common.LabError):
            self.create(used)
        self.assertEqual((used / "file").read_text(), "precious")
        self.assertEqual(state.registered(), [])

    def test_start_killed_before_its_record_removes_nothing_of_others(self):
        for name, content in (("taken", "precious"), ("fresh", None)):
            folder = self.dir / name
            folder.mkdir()
            (folder / (common.TEMP_PREFIX + "half")).write_text("{")
            if content:
                (folder / "file").write_text(content)
            common.write_json(os.path.join(state.registry_dir(), name + ".json"),
                              {"id": name, "dir": str(folder), "ports": [],
                               "starter": self.ended_process()})
        self.assertEqual(state.down_stale(), 2)
        self.assertEqual([path.name for path in (self.dir / "taken").iterdir()], ["file"])
        self.assertFalse((self.dir / "fresh").exists())
        self.assertEqual(state.registered(), [])

    def test_lab_whose_start_goes_on_is_not_stale(self):
        self.create(self.dir / "a")
        self.assertEqual(state.down_stale(), 0)
        self.assertTrue((self.dir / "a" / "lab.json").exists())

    def test_lab_is_stale_when_its_owner_has_ended_and_its_processes_go_with_it(self):
        owner = self.sleeper()
        lab, _ = self.create(self.dir / "a", owner=common.identify(owner.pid))
        child = self.sleeper(lab.marker)
        with lab.changing() as data:
            data["state"] = "up"
            data["brokers"] = [{"id": 1, "process": common.identify(child.pid)}]
        self.assertEqual(state.down_stale(), 0)
        owner.kill()
        owner.wait()
        self.assertEqual(state.down_stale(), 1)
        self.assertEqual(child.wait(10), -signal.SIGTERM)
        self.assertFalse((self.dir / "a").exists())

    def registered_by(self, lab, starter):
        """Lets the registry say that `starter` started the lab."""
        path = lab.registry_path()
        common.write_json(path, {**common.read_json(path), "starter": starter})

    def test_broker_stopped_on_purpose_does_not_make_a_lab_stale(self):
        lab, _ = self.create(self.dir / "a")
        self.registered_by(lab, self.ended_process())
        with lab.changing() as data:
            data["state"] = "up"
            data["brokers"] = [{"id": 1, "process": self.ended_process(), "stopped": True}]
        self.assertEqual(state.down_stale(), 0)
        with lab.changing() as data:
            del data["brokers"][0]["stopped"]
        self.assertEqual(state.down_stale(), 1)

    def test_lab_of_before_a_restart_of_the_machine_is_stale(self):
        lab, _ = self.create(self.dir / "a")
        self.registered_by(lab, {"pid": os.getpid(), "start": 1, "boot": "another"})
        with lab.changing() as data:
            data["state"] = "up"
            data["brokers"] = [{"id": 1, "process": self.ended_process(), "stopped": True}]
        self.assertEqual(state.down_stale(), 1)

    def test_directory_without_a_lab_is_never_taken_down(self):
        (self.dir / "lab.json").write_text('{"something": "else"}')
        with self.assertRaises(common.LabError):
            state.down(str(self.dir))
        self.assertTrue((self.dir / "lab.json").exists())


if __name__ == "__main__":
    unittest.main(verbosity=2)
