"""Dumps a broker's MBeans as a remote JMX client sees them."""
import os
import subprocess

from labkit import javatools
from labkit.common import LabError


def dump(lab, number, out):
    """Writes JSON lines to the file `out` (None: to stdout)."""
    broker = lab.broker(number)
    if not broker["jmx_url"]:
        raise LabError("this lab has no remote JMX: start it with `lab up --jmx`")
    target = os.path.abspath(out) if out else "-"
    done = subprocess.run(javatools.command(lab, "LabJmx", [broker["jmx_url"], target]),
                          stdin=subprocess.DEVNULL, check=False)
    if done.returncode != 0:
        raise LabError(f"could not dump the MBeans of broker {number} (see above)")
