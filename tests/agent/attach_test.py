#!/usr/bin/env python3
"""`remora attach`, `detach` and `reload`: what they do to a JVM, and what they say when they do nothing.

    attach_test.py JAVA CLASSPATH [unittest arguments]
"""

import json
import os
import pathlib
import pwd
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest
import zipfile

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "support"), str(TESTS / "agent")]
import broker_lab  # noqa: E402
import life_test  # noqa: E402
import other_jar  # noqa: E402
from broker_lab import JAR, TOOL, wait_for  # noqa: E402
from host_jvm import HostJvm  # noqa: E402

MAIN = "remora.shim.FakeBroker"
NOBODY = pwd.getpwnam("nobody")
IS_ROOT = os.geteuid() == 0
JAVA, CLASSPATH = "", ""


class Host(HostJvm):
    """A JVM that looks like a broker once it is named as one, without an agent."""

    def __init__(self, options=(), wrapper=(), **popen):
        super().__init__("remora-attach-")
        self.dir.chmod(0o755)
        self.prom = self.dir / "metrics" / "remora.prom"
        self.prom.parent.mkdir()
        self.prom.parent.chmod(0o777)
        self.config = self.dir / "remora.json"
        self.write_config()
        data = self.dir / "data"
        data.mkdir()
        (data / "meta.properties").write_text("cluster.id=c\n")
        properties = self.dir / "server.properties"
        properties.write_text(f"node.id=1\nlog.dirs={data}\n")
        self.start([*wrapper, JAVA, "-Xmx64m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", *options,
                    "-cp", CLASSPATH, MAIN, properties, self.prom, "hook-of-another"], **popen)
        self.pid = self.process.pid

    def write_config(self, **more):
        self.config.write_text(json.dumps({"directory": str(self.prom.parent),
                                           "reload": {"check_interval": "1h"},
                                           "sampling": {"base_interval": "1s"}, **more}))

    def serves(self):
        self.ask("state 3")
        return self

    def samples(self):
        text = self.prom.read_text() if self.prom.exists() else ""
        return [line for line in text.splitlines() if line and line[0] != "#"]

    def wait_sample(self, line):
        wait_for(f"{line} in {self.prom}", lambda: line in self.samples(), 60)

    def threads(self):
        names = (path.read_text().strip() for path in pathlib.Path(f"/proc/{self.pid}/task").glob("*/comm"))
        return sorted(name for name in names if name.startswith("remora"))

    def wait_no_threads(self):
        wait_for("threads of the agent to end", lambda: not self.threads(), 30)

    def libraries(self):
        maps = pathlib.Path(f"/proc/{self.pid}/maps").read_text().splitlines()
        return sorted({line.split(None, 5)[5] for line in maps if "libremora" in line})

    def descriptors(self):
        return sorted(os.readlink(path) for path in pathlib.Path(f"/proc/{self.pid}/fd").iterdir())


def remora(command, pid, *arguments, jar=JAR, **popen):
    """(exit status, what was printed)."""
    done = subprocess.run([TOOL, command, str(pid), *map(str, arguments), "--jar", str(jar)], capture_output=True,
                          text=True, timeout=120, stdin=subprocess.DEVNULL, **popen)
    return done.returncode, (done.stdout + done.stderr).strip()


class AttachTest(unittest.TestCase):
    def host(self, *arguments, **more):
        host = Host(*arguments, **more)
        self.addCleanup(host.close)
        return host.serves()

    def does(self, *arguments, **more):
        status, said = remora(*arguments, **more)
        self.assertEqual(status, 0, said)
        return said

    def refuses(self, *arguments, **more):
        status, said = remora(*arguments, **more)
        self.assertEqual(status, 1, said)
        self.assertTrue(said.startswith(f"remora {arguments[0]}: "), said)
        return said

    def attach(self, host, more="", **options):
        return self.does("attach", host.pid, f"{host.config},main={MAIN}{more}", **options)

    def test_versions_come_and_go_and_leave_nothing(self):
        host = self.host()
        jar, beside = host.dir / "remora.jar", host.dir / "beside" / "remora.jar"
        shutil.copy(JAR, jar)
        beside.parent.mkdir()
        shutil.copy(JAR, beside)
        (beside.parent / "libremora.so").write_bytes(zipfile.ZipFile(JAR).read(other_jar.LIBRARY))
        newer = other_jar.make(host.dir, "9.8.7")
        # An upgrade by mv, then a library beside the jar. Last, that one is not collected yet: a copy serves.
        jars, seen = [jar, jar, beside, beside], []
        for i, jar in enumerate(jars):
            if i == 1:
                newer.rename(jar)
            self.assertRegex(self.attach(host, jar=jar), r"^the agent runs, version ")
            host.wait_sample("remora_up 1")
            self.assertIn("remora-core", host.threads())
            self.assertEqual(self.does("detach", host.pid, jar=jar), "the agent has ended")
            self.assertEqual(host.samples(), ["remora_up 0"])
            host.wait_no_threads()
            self.assertNotEqual(host.libraries(), [], "nobody asks the JVM to collect")
            if i != 2:
                wait_for("the library to be unloaded", lambda: (host.ask("gc"), not host.libraries())[1], 60)
            seen.append(host.descriptors())
        self.assertEqual(seen[-1], seen[-2])
        for before, after in zip(seen, seen[1:]):
            # The JVM itself keeps a jar open, one a path, and now and then a file of its own.
            for more in set(after) - set(before):
                is_jar = more.removesuffix(" (deleted)") in map(str, jars)
                self.assertTrue(is_jar or more.startswith(("/usr", "/opt", "/dev")), more)
        started = re.findall(r"started, version (\d+\.\d+\.\d+)", host.log())
        self.assertEqual(started[1], "9.8.7")
        self.assertNotIn("9.8.7", started[:1] + started[2:])
        self.assertEqual(len(re.findall(r"loaded a copy of \S+/libremora.so by way of ", host.log())), 1, host.log())
        self.assertEqual(list(pathlib.Path("/tmp").glob(".remora*")), [])

    def test_a_pool_of_the_host_keeps_nothing_of_an_agent_that_ran_while_its_code_was_compiled(self):
        # Compiled on the spot, by what was seen until then; the thread of the pool waits in that code ever after.
        host = self.host(options=["-XX:TieredStopAtLevel=4", "-Xbatch"])
        host.ask("tasks 2000")  # profiled from here on
        self.attach(host)
        host.wait_sample("remora_up 1")
        host.ask("tasks 50000")
        self.does("detach", host.pid)
        wait_for("the library to be unloaded", lambda: (host.ask("gc"), not host.libraries())[1], 60)

    def test_what_an_agent_says_of_a_second_one_and_of_its_configuration(self):
        host = self.host()
        for command in ("detach", "reload"):
            self.assertEqual(self.refuses(command, host.pid), f"remora {command}: no agent runs in this JVM")
        host.write_config(sampling={"base_interval": "1ms"}, labels=7)
        said = self.refuses("attach", host.pid, f"{host.config},main={MAIN}")
        self.assertIn("the agent stays off:\n", said)
        self.assertIn("sampling.base_interval", said)
        self.assertIn("labels", said)
        self.assertIn("native library: none could be loaded",
                      self.refuses("attach", host.pid, f"main={MAIN},library=/nowhere/libremora.so"))
        host.wait_no_threads()

        host.write_config()
        self.attach(host)
        host.wait_sample("remora_up 1")
        self.assertIn('an agent runs already, version', self.refuses("attach", host.pid, f"/x.json,main={MAIN}"))
        host.write_config(labels={"rack": "r1"})
        self.assertEqual(self.does("reload", host.pid), "the configuration was read again and is used from now on")
        host.wait_sample('remora_up{rack="r1"} 1')
        host.write_config(labels=7)
        said = self.refuses("reload", host.pid)
        self.assertIn("the configuration is not used, the one before stays:\n", said)
        self.assertIn("labels", said)
        self.does("detach", host.pid)
        self.assertEqual(host.samples(), ['remora_up{rack="r1"} 0'])

    def test_an_agent_that_came_with_the_jvm_is_detached_while_it_waits(self):
        host = Host(options=[f"-javaagent:{JAR}=main={MAIN}"])
        self.addCleanup(host.close)
        wait_for("the library", host.libraries, 60)  # and no MBean of a broker
        self.assertEqual(self.does("detach", host.pid), "the agent has ended")
        host.wait_no_threads()
        host.serves()
        self.attach(host)
        host.wait_sample("remora_up 1")

    def test_a_jvm_that_is_no_broker_is_left_as_it_was(self):
        host = self.host()
        said = self.refuses("attach", host.pid, host.config)
        self.assertIn(f"this JVM is no broker: it runs {MAIN} ", said)
        host.wait_no_threads()
        self.assertEqual((host.libraries(), host.samples()), ([], []))

    def test_whom_nothing_can_be_attached_to(self):
        self.assertEqual(self.refuses("attach", 4194304), "remora attach: there is no process 4194304")
        self.assertRegex(self.refuses("detach", os.getpid()), rf"process {os.getpid()} \(\S+\) is no JVM$")
        self.assertIn("--jar names the jar", self.refuses("attach", self.host().pid, jar="/nowhere/remora.jar"))
        closed = self.host(options=["-XX:+DisableAttachMechanism"])
        self.assertIn("runs with -XX:+DisableAttachMechanism", self.refuses("attach", closed.pid))
        # Has the code of a JVM, as one that has just begun, and would be ended by the signal.
        library = next(pathlib.Path(shutil.which(JAVA)).resolve().parents[1].glob("**/libjvm.so"))
        code = "import ctypes, sys; ctypes.CDLL(sys.argv[1]); print(flush=True); sys.stdin.read()"
        like = subprocess.Popen([sys.executable, "-c", code, library], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.addCleanup(like.communicate)
        like.stdout.readline()
        self.assertIn("does not handle SIGQUIT yet", self.refuses("attach", like.pid))
        self.assertIsNone(like.poll(), "it goes on")

    def test_a_jvm_that_does_not_answer_is_given_up(self):
        host = self.host()
        host.process.send_signal(signal.SIGSTOP)
        said = self.refuses("attach", host.pid, "--timeout", "1")
        self.assertIn("has not opened its socket for attaching in time", said)
        host.process.send_signal(signal.SIGCONT)
        self.refuses("detach", host.pid)  # it listens from now on
        host.process.send_signal(signal.SIGSTOP)
        self.assertIn("has not answered in time", self.refuses("attach", host.pid, "--timeout", "1"))
        host.process.send_signal(signal.SIGCONT)
        wait_for("it to do what it was asked to meanwhile, in vain",
                 lambda: "no agent runs" in remora("detach", host.pid)[1], 60)

    def test_a_thread_that_hangs_keeps_its_library(self):
        reader, writer = life_test.full_pipe()
        self.addCleanup(os.close, reader)
        try:
            host = Host(stderr=writer).serves()
        finally:
            os.close(writer)
        self.addCleanup(host.close)
        self.attach(host)
        host.wait_sample("remora_up 1")
        self.assertIn("a thread of it hangs: that thread and the library stay", self.refuses("detach", host.pid))
        self.assertEqual(host.samples(), ["remora_up 0"])
        library = host.libraries()
        host.ask("gc")
        self.assertEqual(host.libraries(), library)
        self.assertIn("remora-log", host.threads())
        self.attach(host)  # one after it works all the same
        host.wait_sample("remora_up 1")

    def test_arguments_that_no_jvm_takes(self):
        self.assertIn("the arguments are too long: a JVM takes 1023 bytes",
                      self.refuses("attach", self.host().pid, "labels.a=" + "x" * 1024))

    @unittest.skipUnless(IS_ROOT, "only root can be another user")
    def test_root_acts_as_the_user_of_the_jvm_and_others_may_not(self):
        host = self.host(user=NOBODY.pw_uid, group=NOBODY.pw_gid, extra_groups=[])
        hidden = pathlib.Path(tempfile.mkdtemp(prefix="remora-hidden-"))  # mode 0700: of root alone
        self.addCleanup(shutil.rmtree, hidden)
        jar = shutil.copy(JAR, hidden)
        said = self.refuses("attach", host.pid, jar=JAR, user=1, group=1, extra_groups=[])
        self.assertRegex(said, r"belongs to the user nobody: run this as that user or as root$")
        self.attach(host, jar=jar)
        host.wait_sample("remora_up 1")
        self.assertEqual(host.prom.stat().st_uid, NOBODY.pw_uid)
        self.does("detach", host.pid, jar=jar)
        self.assertEqual(list(pathlib.Path("/tmp").glob(".remora*")), [])

    @unittest.skipUnless(IS_ROOT and shutil.which("unshare"), "namespaces need root and unshare")
    def test_a_jvm_in_a_container(self):
        hidden = pathlib.Path(tempfile.mkdtemp(prefix="remora-outside-"))
        self.addCleanup(shutil.rmtree, hidden)
        jar = shutil.copy(JAR, hidden)
        # Its own process ids, and without what is in `hidden`.
        host = Host(wrapper=["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c",
                             f"mount -t tmpfs none {hidden} && exec \"$@\"", "sh"])
        self.addCleanup(host.close)
        host.serves()
        children = pathlib.Path(f"/proc/{host.pid}/task/{host.pid}/children")
        host.pid = int(children.read_text().split()[0])
        self.addCleanup(pathlib.Path("/tmp/.java_pid1").unlink, missing_ok=True)
        self.attach(host, jar=jar)
        host.wait_sample("remora_up 1")
        self.does("detach", host.pid, jar=jar)
        self.assertEqual(host.samples(), ["remora_up 0"])


if __name__ == "__main__":
    JAVA, CLASSPATH = sys.argv[1:3]
    del sys.argv[1:3]
    broker_lab.main()
