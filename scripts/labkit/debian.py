"""Debian packages of any suite and CPU, unpacked where they are wanted; nothing is installed."""
import glob
import os
import re
import subprocess

from labkit.common import LabError

CPUS = {"x86_64": "amd64", "aarch64": "arm64"}  # Debian's names
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


def run(command, **more):
    """The output of `command`; LabError with its end when it fails."""
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, errors="replace", check=False,
                              **more)
    except FileNotFoundError as error:
        raise LabError(f"{command[0]} is not installed") from error
    if done.returncode != 0:
        raise LabError(f"{command[0]} failed:\n" + "\n".join(
            done.stdout.splitlines()[-12:]))
    return done.stdout


def mirrors():
    """(main, security) addresses of Debian, as this machine is configured; security may be None."""
    rows = run(["apt-get", "indextargets", "--format", "$(REPO_URI)\t$(RELEASE)"]).splitlines()
    main = security = None
    for uri, release in (row.split("\t") for row in sorted(set(rows))):
        if re.search(r"/debian-security/?$", uri):
            security = security or uri
        elif re.search(r"/debian/?$", uri) and "-" not in release:
            main = main or uri
    if not main:
        raise LabError("this machine's apt knows no Debian mirror: other Java runtimes come from "
                       "Debian's suites")
    return main, security


class Apt:
    """apt with its own sources, lists and (empty) package status below `root`."""

    def __init__(self, root, suites, arch=None):
        """`arch`: Debian's name of a CPU, e.g. "arm64"; None: the machine's."""
        main, security = mirrors()
        for name in ("lists/partial", "cache/archives/partial", "debs"):
            os.makedirs(os.path.join(root, name), exist_ok=True)
        open(os.path.join(root, "status"), "w", encoding="ascii").close()
        with open(os.path.join(root, "sources.list"), "w", encoding="utf-8") as out:
            for suite in suites:
                uri = security if suite.endswith("-security") else main
                if uri:
                    out.write(f"deb [signed-by={KEYRING}] {uri} {suite} main\n")
        settings = {"Dir::Etc::sourcelist": os.path.join(root, "sources.list"),
                    "Dir::Etc::sourceparts": "-", "Dir::Etc::preferences": "-",
                    "Dir::Etc::preferencesparts": "-",
                    "Dir::State": root, "Dir::State::lists": os.path.join(root, "lists"),
                    "Dir::State::status": os.path.join(root, "status"),
                    "Dir::Cache": os.path.join(root, "cache"), "APT::Sandbox::User": "root",
                    "Acquire::Languages": "none", "Acquire::Check-Valid-Until": "false"}
        if arch:
            settings.update({"APT::Architecture": arch, "APT::Architectures": arch})
        self.debs = os.path.join(root, "debs")
        self.options = [text for key, value in settings.items() for text in ("-o", f"{key}={value}")]
        run(["apt-get", *self.options, "-qq", "update"])

    def unpack(self, packages, target):
        """Downloads `packages` and unpacks them below `target`."""
        run(["apt-get", *self.options, "-qq", "download", *packages], cwd=self.debs)
        for deb in glob.glob(os.path.join(self.debs, "*.deb")):
            run(["dpkg", "-x", deb, target])
            os.unlink(deb)


def mend_links(root):
    """Absolute links to what lies below `root` itself (Debian keeps settings in /etc)."""
    for directory, folders, files in os.walk(root):
        for name in folders + files:
            path = os.path.join(directory, name)
            if not os.path.islink(path):
                continue
            target = os.readlink(path)
            inside = root + target
            if target.startswith("/") and os.path.lexists(inside):
                os.unlink(path)
                os.symlink(os.path.relpath(inside, directory), path)
