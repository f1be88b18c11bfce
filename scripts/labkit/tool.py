"""Runs a command line tool of Kafka as its own script would: same output, same exit status."""
import os
import sys

from labkit import download, javatools
from labkit.common import LabError


def java_command(lab, main_class, arguments, agents=()):
    return [lab.data["java"], "-Xmx256m", "-XX:+UseSerialGC", "-Djava.net.preferIPv4Stack=true",
            lab.marker, javatools.logging_option(lab),
            *[f"-javaagent:{agent}" for agent in agents], "-cp", lab.data["classpath"],
            download.real_class(lab.data["jars"], main_class), *arguments]


def run(lab, options):
    """Becomes the tool; does not return."""
    command = java_command(lab, options.main_class, options.arguments, options.agent)
    sys.stdout.flush()
    sys.stderr.flush()
    try:
        os.execv(command[0], command)
    except OSError as error:
        raise LabError(f"cannot run {command[0]}: {error.strerror}") from error
