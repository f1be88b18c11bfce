"""A child JVM with the agent that takes a line on standard input and answers it with `ok`."""

import pathlib
import shutil
import subprocess
import tempfile


class HostJvm:
    """Its directory is removed with it. Call start() once what the command needs is in the directory."""

    def __init__(self, prefix):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix=prefix))
        self.log_path = self.dir / "log"
        self.process = None

    def start(self, command, stderr=None, **popen):
        """`stderr`: where to; a file that log() reads when it is None. `popen`: more for subprocess.Popen."""
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                            stderr=log if stderr is None else stderr, text=True, **popen)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()
        shutil.rmtree(self.dir, ignore_errors=True)

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().strip()
        if answer != "ok":
            raise AssertionError(f"{line}: {answer!r}\n{self.log()}")

    def log(self):
        return self.log_path.read_text(errors="replace")
