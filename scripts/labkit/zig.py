"""zig, a C and C++ compiler for any CPU and C library, as a Python package carries it."""
import glob
import os
import shutil
import sys

from labkit import common
from labkit.common import LabError, say
from labkit.debian import run

VERSION = "0.17.1"


def deps_dir():
    """Where scripts/setup keeps the sources that are compiled in."""
    return os.environ.get("REMORA_DEPS") or os.path.expanduser("~/.cache/remora-deps")


def tarball(name):
    """Path of the source of `name` among them; its checksum is beside it."""
    found = glob.glob(os.path.join(deps_dir(), f"{name}_*.orig.tar.*[z2]"))
    if not found:
        raise LabError(f"no source of {name} in {deps_dir()}: run scripts/setup")
    return found[0]


def home():
    """The virtual environment that has it; made when missing."""
    path = os.path.join(deps_dir(), f"zig-{VERSION}")
    with common.locked(path + ".lock"):
        if not os.path.exists(os.path.join(path, "complete")):
            say(f"getting zig {VERSION} (once)")
            shutil.rmtree(path, ignore_errors=True)
            run([sys.executable, "-m", "venv", path])
            run([os.path.join(path, "bin", "pip"), "install", "-q", f"ziglang=={VERSION}"])
            open(os.path.join(path, "complete"), "w", encoding="ascii").close()
    return path


def program():
    """Path of the compiler, below the folder of its own libraries."""
    return glob.glob(os.path.join(home(), "lib", "python3*", "site-packages", "ziglang", "zig"))[0]


def environment(local):
    """Variables that it wants. `local`: a folder for what only this build caches."""
    return {"ZIG_GLOBAL_CACHE_DIR": os.path.join(deps_dir(), "zig-cache"),
            "ZIG_LOCAL_CACHE_DIR": os.path.join(local, "zig-cache")}
