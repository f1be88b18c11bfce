"""Creates, deletes and lists a lab's topics, through one admin client in batches."""
import subprocess

from labkit import javatools
from labkit.common import LabError


def run(lab, options):
    replication = options.replication or min(len(lab.data["brokers"]), 3)
    action = "delete" if options.delete else "create"
    done = subprocess.run(
        javatools.command(lab, "LabAdmin", [action, lab.bootstrap(), options.prefix,
                                            options.topics, options.partitions, replication,
                                            options.min_insync_replicas]),
        check=False)
    if done.returncode != 0:
        raise LabError(f"could not {action} the topics (see above)")
