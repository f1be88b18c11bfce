"""Packs what was built: archives, packages for Debian and RPM, man pages, licences."""
import glob
import gzip
import os
import re
import shutil

from labkit import debian
from labkit.debian import run
from releasekit.build import ROOT

PACKAGING = os.path.join(ROOT, "packaging")
# Of what is compiled in: name, and where its licence lies. Boost's asks for no notice.
LICENCES = (("Mbed TLS", "{deps}/mbedtls-*/*/LICENSE"), ("PCRE2", "{deps}/pcre2-*/*/LICENCE"),
            ("yaml-cpp", "{deps}/yaml-cpp-*/*/LICENSE"),
            ("zlib", "{deps}/zlib-*/*/README"), ("ncurses", "{deps}/ncurses-*/*/COPYING"),
            ("spdlog", "/usr/share/doc/libspdlog-dev/copyright"),
            ("fmt", "/usr/share/doc/libfmt-dev/copyright"),
            ("JSON for Modern C++", "/usr/share/doc/nlohmann-json3-dev/copyright"),
            ("CLI11", "/usr/share/doc/libcli11-dev/copyright"),
            ("libc++, libc++abi, libunwind", "{zig}/lib/libcxx/LICENSE.TXT"),
            ("musl", "{zig}/lib/libc/musl/COPYRIGHT"))


def fresh(*parts):
    """An empty directory of this path."""
    path = os.path.join(*parts)
    shutil.rmtree(path, ignore_errors=True)
    os.makedirs(path)
    return path


def put(source, *parts, mode=0o644):
    """Copies a file to a path whose directories are made."""
    target = os.path.join(*parts)
    os.makedirs(os.path.dirname(target), exist_ok=True)
    shutil.copyfile(source, target)
    os.chmod(target, mode)


def settle(tree, epoch):
    """Gives everything below `tree` one time, and directories the rights of installed ones."""
    for folder, _, files in os.walk(tree):
        os.chmod(folder, 0o755)
        for path in [os.path.join(folder, name) for name in files] + [folder]:
            os.utime(path, (epoch, epoch))


def archive(parent, name, target, epoch):
    """`name` below `parent` as a .tar.gz that is the same whenever its contents are."""
    plain = target[:-len(".gz")]
    run(["tar", "--sort=name", f"--mtime=@{epoch}", "--owner=0", "--group=0", "--numeric-owner",
         "--format=gnu", "-C", parent, "-cf", plain, name])
    run(["gzip", "-9nf", plain])


def licences(target, deps, zig):
    """One text with the licences of everything that is compiled in."""
    with open(target, "w", encoding="utf-8") as out:
        for name, pattern in LICENCES:
            path = glob.glob(pattern.format(deps=deps, zig=os.path.dirname(zig)))[0]
            with open(path, encoding="utf-8", errors="replace") as source:
                out.write(f"{'=' * 78}\n{name}\n{'=' * 78}\n\n{source.read().rstrip()}\n\n")


def man_pages(program, directory, epoch):
    """remora.1 and a page for each subcommand, of the program's own help texts."""
    listed = run([program, "--help"]).split("Subcommands:")[1]
    summaries = {"": "metrics agent for Kafka brokers",
                 **dict(re.findall(r"^  (\w+) +(.*)", listed, re.M))}
    environment = {**os.environ, "SOURCE_DATE_EPOCH": str(epoch), "LC_ALL": "C",
                   "PATH": f"{os.path.dirname(program)}:{os.environ['PATH']}"}
    version = run([program, "--version"]).strip()
    for command, summary in summaries.items():
        words = ["remora", command] if command else ["remora"]
        run(["help2man", "--no-info", "--no-discard-stderr", f"--name={summary}",
             f"--version-string={version}",
             "--output", os.path.join(directory, "-".join(words) + ".1"), " ".join(words)],
            env=environment)


def jar(built, target, epoch):
    """The jar with its entries in one order and of one time."""
    shutil.copyfile(built, target)
    run(["strip-nondeterminism", "--type", "jar", "--timestamp", str(epoch), target])


def documents(target, third_party):
    """What there is to read and to copy from, in archives and packages alike."""
    put(third_party, target, "THIRD-PARTY.txt")
    for name in ("README.md", "CHANGELOG.md", "SECURITY.md"):
        put(os.path.join(ROOT, name), target, name)
    for folder in ("alerts", "dashboards", "docker", "docs", "examples"):
        for path in glob.glob(os.path.join(ROOT, folder, "**"), recursive=True):
            if os.path.isfile(path):
                put(path, target, os.path.relpath(path, ROOT))
    put(os.path.join(PACKAGING, "remora.conf"),
        target, "examples", "kafka.service.d", "remora.conf")


def archives(work, arch, version, files, out, epoch):
    """The archive of one CPU, and that of its debug files. `files`: paths by name."""
    name = f"remora-{version}-linux-{arch}"
    parent = fresh(work, f"archive-{arch}")
    top = os.path.join(parent, name)
    put(files["remora.jar"], top, "remora.jar")
    put(files["libremora.so"], top, "libremora.so")
    put(files["remora"], top, "remora", mode=0o755)
    put(os.path.join(ROOT, "LICENSE"), top, "LICENSE")
    documents(top, files["THIRD-PARTY.txt"])
    for page in glob.glob(os.path.join(files["man"], "*.1")):
        put(page, top, "man", os.path.basename(page))
    settle(parent, epoch)
    archive(parent, name, os.path.join(out, name + ".tar.gz"), epoch)
    for made in ("libremora.so", "remora"):
        put(files[made] + ".debug", parent, name + "-debug", made + ".debug")
    settle(parent, epoch)
    archive(parent, name + "-debug", os.path.join(out, name + "-debug.tar.gz"), epoch)


def installed_tree(tree, files, epoch):
    """What both kinds of package install. `files`: paths by name."""
    share, doc = os.path.join(tree, "usr/share/remora"), os.path.join(tree, "usr/share/doc/remora")
    put(files["remora.jar"], share, "remora.jar")
    put(files["libremora.so"], share, "libremora.so")
    put(files["remora"], tree, "usr/bin/remora", mode=0o755)
    put(os.path.join(ROOT, "LICENSE"), doc, "copyright")
    documents(doc, files["THIRD-PARTY.txt"])
    pages = os.path.join(tree, "usr/share/man/man1")
    os.makedirs(pages)
    for page in glob.glob(os.path.join(files["man"], "*.1")):
        with open(page, "rb") as source, \
                open(os.path.join(pages, os.path.basename(page) + ".gz"), "wb") as out:
            out.write(gzip.compress(source.read(), mtime=0))
    settle(tree, epoch)


def fill(source, values):
    """The text of a file of packaging/ with its @NAMES@ replaced."""
    with open(os.path.join(PACKAGING, source), encoding="utf-8") as text:
        return re.sub(r"@(\w+)@", lambda name: str(values[name[1]]), text.read())


def deb(work, tree, arch, version, out, epoch):
    """remora_VERSION_CPU.deb of `tree`."""
    root = fresh(work, f"deb-{arch}")
    shutil.copytree(tree, root, dirs_exist_ok=True)
    paths = sorted(os.path.relpath(os.path.join(folder, name), root)
                   for folder, _, files in os.walk(root) for name in files)
    size = sum(os.path.getsize(os.path.join(root, path)) for path in paths)
    values = {"VERSION": version, "CPU": debian.CPUS[arch], "KIBIBYTES": size // 1024 + 1}
    os.mkdir(os.path.join(root, "DEBIAN"))
    with open(os.path.join(root, "DEBIAN", "control"), "w", encoding="utf-8") as control:
        control.write(fill("control.in", values))
    with open(os.path.join(root, "DEBIAN", "md5sums"), "w", encoding="utf-8") as sums:
        sums.write(run(["md5sum", *paths], cwd=root))
    settle(root, epoch)
    # xz: the dpkg of Debian 11 reads no zstd.
    run(["dpkg-deb", "--root-owner-group", "-Zxz", "--build", root,
         os.path.join(out, f"remora_{version}_{debian.CPUS[arch]}.deb")],
        env={**os.environ, "SOURCE_DATE_EPOCH": str(epoch)})


def rpm(work, tree, arch, version, out, epoch):
    """remora-VERSION-1.CPU.rpm of `tree`."""
    settings = {"_topdir": fresh(work, f"rpm-{arch}"), "_rpmdir": out,
                "_rpmfilename": "%{NAME}-%{VERSION}-%{RELEASE}.%{ARCH}.rpm",
                "tree": tree, "release_version": version, "_buildhost": "localhost",
                "use_source_date_epoch_as_buildtime": "1",
                "clamp_mtime_to_source_date_epoch": "1", "source_date_epoch_from_changelog": "0",
                # gzip: every rpm reads it.
                "_binary_payload": "w9.gzdio",
                # Nothing is stripped or compressed again: it is as it must be.
                "debug_package": "%{nil}", "__os_install_post": "%{nil}",
                "_build_id_links": "none"}
    run(["rpmbuild", "-bb", "--quiet", "--target", f"{arch}-linux",
         *(word for name, value in settings.items() for word in ("--define", f"{name} {value}")),
         os.path.join(PACKAGING, "remora.spec")],
        env={**os.environ, "SOURCE_DATE_EPOCH": str(epoch)})
