"""Gets Java runtimes other than the machine's from Debian's suites; nothing is installed."""
import contextlib
import glob
import os
import re
import shutil
import subprocess

from labkit import broker, common
from labkit.common import LabError, say

LAYOUT = 1
SUITES = {8: ("sid",),
          11: ("bullseye", "bullseye-security"),
          21: ("trixie", "trixie-security"),
          25: ("trixie", "trixie-security")}

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"

# For a runtime that needs a newer C library than the machine's: the one of its own suite.
LIBRARIES = ["libc6", "libgcc-s1", "libstdc++6", "zlib1g"]


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

    def __init__(self, root, suites):
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


def is_program(path):
    with contextlib.suppress(OSError):
        with open(path, "rb") as source:
            return source.read(4) == b"\x7fELF" and not os.path.islink(path)
    return False


def bind_libraries(root, home):
    """Points the runtime's programs at the loader and the libraries below `root`."""
    loaders = [path for pattern in ("lib*/ld-linux*", "usr/lib*/ld-linux*", "lib/*/ld-linux*",
                                    "usr/lib/*/ld-linux*")
               for path in glob.glob(os.path.join(root, pattern)) if os.path.exists(path)]
    if not loaders:
        raise LabError(f"no loader below {root}")
    folders = {os.path.dirname(path) for name in ("libc.so.6", "libstdc++.so.6", "libz.so.1")
               for path in glob.glob(os.path.join(root, "**", name), recursive=True)}
    programs = [path for pattern in ("**/bin/*", "**/jspawnhelper")
                for path in glob.glob(os.path.join(home, pattern), recursive=True)]
    for path in filter(is_program, programs):
        old = run(["patchelf", "--print-rpath", path]).strip()
        run(["patchelf", "--set-interpreter", loaders[0], "--force-rpath", "--set-rpath",
             ":".join(filter(None, [old, *sorted(folders)])), path])


def works(java, version):
    """Whether `java` runs and is of `version`."""
    try:
        text = run([java, "-version"], timeout=60)
    except (LabError, subprocess.TimeoutExpired):
        return False
    return re.search(rf'version "(1\.)?{version}\b', text) is not None


def install(root, version):
    """Fills `root`; returns the path of java."""
    temp = root + ".apt"
    try:
        apt = Apt(temp, SUITES[version])
        apt.unpack([f"openjdk-{version}-jre-headless"], root)
        mend_links(root)
        found = sorted({os.path.realpath(path) for pattern in ("*/bin/java", "*/jre/bin/java")
                        for path in glob.glob(os.path.join(root, "usr/lib/jvm", pattern))})
        found = [path for path in found if is_program(path)]
        if not found:
            raise LabError(f"no java in Debian's package of Java {version}")
        if not works(found[0], version):
            say(f"Java {version} needs a newer C library than this machine's: giving it its own")
            apt.unpack(LIBRARIES, root)
            bind_libraries(root, os.path.dirname(os.path.dirname(found[0])))
        if not works(found[0], version):
            raise LabError(f"Java {version} does not run here")
        return found[0]
    finally:
        shutil.rmtree(temp, ignore_errors=True)


def java(version):
    """Path of a java of major `version`; got when missing, then kept in the cache."""
    if version == 17:
        return broker.default_java()
    if version not in SUITES:
        raise LabError(f"no Java {version} here: there are 17, "
                       + ", ".join(map(str, sorted(SUITES))))
    root = os.path.join(common.cache_dir(), f"jre-{version}")
    stamp = os.path.join(root, "complete.json")
    with common.locked(root + ".lock"):
        known = common.read_json(stamp, {})
        if known.get("layout") == LAYOUT and os.access(known["java"], os.X_OK):
            return known["java"]
        say(f"getting Java {version} from Debian ({SUITES[version][0]})")
        shutil.rmtree(root, ignore_errors=True)
        os.makedirs(root)
        try:
            path = install(root, version)
            common.write_json(stamp, {"layout": LAYOUT, "java": path})
        except BaseException:
            shutil.rmtree(root, ignore_errors=True)
            raise
    return path
