"""The command line of scripts/release."""
import argparse
import glob
import hashlib
import os
import shutil
import sys

from labkit import zig
from labkit.common import LabError
from labkit.debian import run
from releasekit import build, package, sbom
from releasekit.build import CPUS, ROOT, say

TOOLS = ("cmake", "ninja", "javac", "patchelf", "readelf", "strip-nondeterminism", "help2man",
         "dpkg-deb", "rpmbuild")


def sums(out):
    """SHA256SUMS of everything in `out`."""
    with open(os.path.join(out, "SHA256SUMS"), "w", encoding="ascii") as target:
        for name in sorted(os.listdir(out)):
            if name.startswith("remora"):
                with open(os.path.join(out, name), "rb") as source:
                    target.write(f"{hashlib.sha256(source.read()).hexdigest()}  {name}\n")


def make(out, work):
    """Everything into `out`, in place of an older release."""
    absent = [tool for tool in TOOLS if not shutil.which(tool)]
    if absent:
        raise LabError(f"missing: {', '.join(absent)}; scripts/setup --release installs them")
    epoch = int(run(["git", "-C", ROOT, "log", "-1", "--format=%ct"]))
    version = build.version()
    made, built_jar = build.build_all(work, epoch)
    os.makedirs(out, exist_ok=True)
    for old in glob.glob(os.path.join(out, "remora*")):
        os.unlink(old)
    common = {"remora.jar": os.path.join(out, "remora.jar"), "man": package.fresh(work, "man"),
              "THIRD-PARTY.txt": os.path.join(work, "THIRD-PARTY.txt")}
    package.jar(built_jar, common["remora.jar"], epoch)
    package.licences(common["THIRD-PARTY.txt"],
                     os.path.join(os.path.dirname(built_jar), "deps"), zig.program())
    package.man_pages(made[os.uname().machine]["remora"], common["man"], epoch)
    for arch in CPUS:
        say(f"packing for {arch}")
        files = {**common, **made[arch]}
        package.archives(work, arch, version, files, out, epoch)
        tree = package.fresh(work, f"tree-{arch}")
        package.installed_tree(tree, files, epoch)
        package.deb(work, tree, arch, version, out, epoch)
        package.rpm(work, tree, arch, version, out, epoch)
    sbom.write(os.path.join(out, f"remora-{version}.cdx.json"), version, epoch)
    sums(out)
    say(f"{len(os.listdir(out))} files in {out}")


def main(arguments):
    parser = argparse.ArgumentParser(prog="release",
                                     description="Makes everything that a release is.")
    parser.add_argument("--out", default=os.path.join(ROOT, "build", "dist"), metavar="DIR",
                        help="where it goes, in place of an older release (build/dist)")
    options = parser.parse_args(arguments)
    try:
        make(os.path.abspath(options.out), os.path.join(ROOT, "build", "cross"))
    except LabError as error:
        print(f"release: {error}", file=sys.stderr)
        return 1
    return 0
