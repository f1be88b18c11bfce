"""Podman for a test: storage of its own, stand-ins for the images of Kafka, the images of docker/ on top of them."""

import contextlib
import fcntl
import os
import pathlib
import platform
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tests" / "sinks"))
import consumers  # noqa: E402

BUILD = pathlib.Path(os.environ.get("REMORA_BUILD", ROOT / "build" / "release"))
DIST = pathlib.Path(os.environ.get("REMORA_DIST", ROOT / "build" / "dist"))
CACHE = pathlib.Path(os.environ.get("REMORA_LAB_CACHE", pathlib.Path.home() / ".cache" / "remora-lab"))
STANDIN = pathlib.Path(__file__).resolve().parent / "standin"
# By image: Debian's suite and Java; both are as old as the images that they stand for.
BASES = {"debian11": ("bullseye", "openjdk-11-jre-headless"), "debian13": ("trixie", "openjdk-21-jre-headless"),
         # What docker/performance/Dockerfile installs where it is missing.
         "debian12": ("bookworm", "openjdk-17-jdk-headless,python3,maven")}
# What a container may do here where the process lacks CAP_SYS_RESOURCE; crun does not know mixed cgroups.
CONFIGURATION = """[containers]
default_ulimits = ["nofile=20000:20000", "nproc=8192:8192"]
netns = "host"
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
"""


def run(*command, check=True, timeout=1800, **more):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=timeout,
                          stdin=subprocess.DEVNULL, **more)
    if check and done.returncode != 0:
        raise AssertionError(f"{command} ended with {done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
    return done


def wait_for(what, probe, seconds=180, every=0.5):
    """Polls `probe` until it gives something true; its value is returned."""
    deadline = time.monotonic() + seconds
    while not (found := probe()):
        if time.monotonic() > deadline:
            raise AssertionError(f"after {seconds} s still waiting for {what}")
        time.sleep(every)
    return found


def base_archive(suite, java):
    """The root file system of a base image; made once, then kept in the lab's cache."""
    target = CACHE / f"base-{suite}-{java}.tar"
    CACHE.mkdir(parents=True, exist_ok=True)
    with open(target.with_suffix(".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.exists():
            print(f"making {target.name}", flush=True)
            run("mmdebstrap", "--quiet", "--format=tar", "--variant=minbase", "--aptopt=APT::Install-Recommends \"false\"",
                f"--include={java},ca-certificates-java,ca-certificates,procps,prometheus-node-exporter", suite, f"{target}.new")
            os.rename(f"{target}.new", target)
    return target


def kafka_jars(version):
    return pathlib.Path(run(ROOT / "scripts" / "lab", "get", "--kafka", version).stdout.strip())


def put_musl_java(target):
    """A Java for musl, with its loader in its own folder, as /opt/java of an image."""
    java = pathlib.Path(run(ROOT / "scripts" / "lab", "jre", "17", "--libc", "musl").stdout.strip())
    loader = run("patchelf", "--print-interpreter", java).stdout.strip()
    shutil.copytree(java.parents[1], target)
    shutil.copy(loader, target / "lib" / "ld-musl.so")
    run("patchelf", "--set-interpreter", "/opt/java/lib/ld-musl.so", target / "bin" / "java")


def tool(name):
    """Path of a program that tests/sinks/fetch_consumers installs."""
    path = pathlib.Path(consumers.tools_directory(), "venv", "bin", name)
    if not path.exists():
        raise unittest.SkipTest(f"skipped, because {name} is not installed (tests/sinks/fetch_consumers)")
    return path


def main():
    """unittest.main for ctest: lines as they come, and 77 when something was skipped and nothing failed."""
    sys.stdout.reconfigure(line_buffering=True)
    result = unittest.main(verbosity=2, exit=False).result
    sys.exit(77 if result.wasSuccessful() and result.skipped else not result.wasSuccessful())


class Podman:
    """with Podman("debian11") as podman: ... has that base image. SkipTest, with the reason, where nothing can run."""

    def __init__(self, base):
        self.base = f"localhost/remora-test-{base}"
        self.base_archive = BASES[base]
        for program in ("podman", "runc", "mmdebstrap"):
            if not shutil.which(program) and not os.path.exists(f"/usr/sbin/{program}"):
                raise unittest.SkipTest(f"skipped, because {program} is not installed (scripts/setup --test)")
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="remora-overlay-"))
        (self.dir / "containers.conf").write_text(CONFIGURATION)
        self.environment = {**os.environ, "CONTAINERS_CONF": str(self.dir / "containers.conf")}
        # A program, so that others can start containers in this storage too.
        self.program = self.dir / "podman"
        self.program.write_text(f'#!/bin/sh\nexport CONTAINERS_CONF={self.dir}/containers.conf\n'
                                f'exec {shutil.which("podman")} --root {self.dir}/root --runroot {self.dir}/run '
                                '--storage-driver overlay "$@"\n')
        self.program.chmod(0o755)

    def __enter__(self):
        try:
            self("import", base_archive(*self.base_archive), self.base)
            probe = self("run", "--rm", "--network", "none", self.base, "true", check=False)
            if probe.returncode != 0:
                raise unittest.SkipTest(f"skipped, because `podman run true` fails: {probe.stderr.strip()[-300:]}")
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self("rm", "--all", "--force", "--volumes", "--time", "0", check=False)
        self("rmi", "--all", "--force", check=False)
        run("umount", self.dir / "root" / "overlay", check=False)
        shutil.rmtree(self.dir, ignore_errors=True)

    def __call__(self, *arguments, **more):
        return run(self.program, *arguments, env=self.environment, **more)

    def standin(self, name, kafka):
        """Builds the stand-in of `standin`/`name` with the jars of that Kafka; returns its name."""
        context = self.dir / name
        shutil.copytree(STANDIN, context)
        shutil.copytree(kafka_jars(kafka), context / "jars",
                        ignore=lambda _, names: [each for each in names if not each.endswith(".jar")])
        if name == "apache-kafka":
            put_musl_java(context / "java")
        self("build", "--quiet", "--tag", f"localhost/{name}-standin", "--file", context / name / "Dockerfile", context)
        shutil.rmtree(context)
        return f"localhost/{name}-standin"

    def node_exporter(self):
        """Builds the stand-in for node_exporter; returns its name."""
        self("build", "--quiet", "--tag", "localhost/node-exporter", "--build-arg", f"BASE={self.base}",
             STANDIN / "node-exporter")
        return "localhost/node-exporter"

    def overlay(self, name, base):
        """Builds docker/`name` on `base` in the archive of the release; returns its name."""
        archive = self.archive()
        self("build", "--quiet", "--tag", f"localhost/{name}-remora", "--build-arg", f"BASE={base}", "--file",
             archive / "docker" / name / "Dockerfile", archive)
        return f"localhost/{name}-remora"

    def performance(self, agent):
        """Builds docker/performance with the files of the image `agent`; returns its name."""
        base = "localhost/remora-test-debian12"
        self("import", base_archive(*BASES["debian12"]), base)
        context = self.dir / "performance"
        shutil.copytree(ROOT / "scripts", context / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
        self("build", "--quiet", "--tag", "localhost/remora-performance", "--build-arg", f"BASE={base}", "--build-arg",
             f"AGENT={agent}", "--file", ROOT / "docker" / "performance" / "Dockerfile", context)
        shutil.rmtree(context)
        return "localhost/remora-performance"

    def archive(self):
        """The unpacked archive of the release for this machine's CPU."""
        found = sorted(DIST.glob(f"remora-*-linux-{platform.machine()}.tar.gz"))
        if not found:
            raise unittest.SkipTest(f"skipped, because there is no release in {DIST} (scripts/release)")
        target = self.dir / "release"
        target.mkdir(exist_ok=True)
        run("tar", "-xzf", found[-1], "-C", target)
        return next(target.iterdir())

    @contextlib.contextmanager
    def container(self, image, *options, command=()):
        """A container that runs `command` (or the image's own) in the background; its name."""
        name = f"remora-{time.monotonic_ns()}"
        self("run", "--detach", "--name", name, *options, image, *command)
        try:
            yield name
        except BaseException:
            print("\n".join(self.log(name).splitlines()[-60:]), file=sys.stderr)
            raise
        finally:
            self("rm", "--force", "--volumes", "--time", "0", name, check=False)

    @contextlib.contextmanager
    def socket(self):
        """The address at which programs of Docker find this Podman."""
        path = self.dir / "podman.sock"
        with subprocess.Popen([self.program, "system", "service", "--time", "0", f"unix://{path}"],
                              env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as service:
            try:
                wait_for(path, path.exists, 60)
                yield f"unix://{path}"
            finally:
                service.terminate()

    def log(self, name):
        done = self("logs", name)
        return done.stdout + done.stderr
