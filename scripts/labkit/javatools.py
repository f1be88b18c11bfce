"""Compiles and runs the small Java programs of labkit/java against the jars of a lab."""
import hashlib
import os
import shutil
import subprocess
import tempfile

from labkit import broker, common
from labkit.common import LabError, say

SOURCES = os.path.join(os.path.dirname(os.path.realpath(__file__)), "java")

# Short-lived or idle most of the time: the second compiler and a parallel collector only cost.
JVM_OPTIONS = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Djava.net.preferIPv4Stack=true"]


def javac():
    """The compiler beside the default java."""
    path = os.path.join(os.path.dirname(os.path.realpath(broker.default_java())), "javac")
    found = path if os.access(path, os.X_OK) else shutil.which("javac")
    if not found:
        raise LabError("no javac found (Debian and Ubuntu package: openjdk-17-jdk-headless)")
    return found


def source_hash():
    digest = hashlib.sha256()
    for name in sorted(os.listdir(SOURCES)):
        if name.endswith(".java"):
            with open(os.path.join(SOURCES, name), "rb") as source:
                digest.update(name.encode() + b"\0" + source.read() + b"\0")
    return digest.hexdigest()[:16]


def classes_dir(lab):
    """Directory with the compiled programs for this lab's Kafka; compiled when missing."""
    root = os.path.join(common.cache_dir(), "classes")
    target = os.path.join(root, f"{lab.data['kafka']}-{source_hash()}")
    if os.path.isdir(target):
        return target
    os.makedirs(root, exist_ok=True)
    say(f"compiling the lab's Java programs for Kafka {lab.data['kafka']}")
    temp = tempfile.mkdtemp(dir=root, prefix=".build-")
    try:
        sources = [os.path.join(SOURCES, name) for name in sorted(os.listdir(SOURCES))
                   if name.endswith(".java")]
        done = subprocess.run([javac(), "-nowarn", "-proc:none", "-encoding", "UTF-8", "--release",
                               "11", "-d", temp, "-cp", lab.data["classpath"], *sources],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              check=False)
        if done.returncode != 0:
            raise LabError("the lab's Java programs do not compile:\n" + done.stdout)
        try:
            os.rename(temp, target)
        except OSError:  # another lab was first
            if not os.path.isdir(target):
                raise
    finally:
        shutil.rmtree(temp, ignore_errors=True)
    return target


def logging_option(lab, name="tool"):
    """The JVM option for the logging configuration `name` of the lab (log4j 1 or 2)."""
    path = os.path.join(lab.dir, f"{name}-log4j2.properties")
    if os.path.exists(path):
        return f"-Dlog4j2.configurationFile=file:{path}"
    return f"-Dlog4j.configuration=file:{os.path.join(lab.dir, name)}-log4j.properties"


def command(lab, program, arguments, heap="256m", logging="tool"):
    """The java command that runs `program` of labkit/java for this lab.

    It runs on the machine's default java, whatever the brokers run on: a lab of an old JVM is
    driven by the same client as any other.
    """
    return [broker.default_java(), f"-Xmx{heap}", *JVM_OPTIONS, lab.marker,
            logging_option(lab, logging),
            "-cp", classes_dir(lab) + os.pathsep + lab.data["classpath"], program,
            *[str(argument) for argument in arguments]]
