"""The bill of materials, in CycloneDX: all that is of others inside the library or the program."""
import datetime
import json
import os
import uuid

from labkit import zig
from labkit.debian import run

SOURCES = (("mbedtls", "Apache-2.0"), ("pcre2", "BSD-3-Clause"), ("yaml-cpp", "MIT"), ("zlib", "Zlib"),
           ("ncurses", "X11-distribute-modifications-variant"))
# Headers of the machine's packages: name, package (a pattern of dpkg), licence.
HEADERS = (("boost", "libboost1*-dev", "BSL-1.0"), ("spdlog", "libspdlog-dev", "MIT"),
           ("fmt", "libfmt-dev", "MIT"), ("nlohmann-json", "nlohmann-json3-dev", "MIT"),
           ("cli11", "libcli11-dev", "BSD-3-Clause"))
# Part of zig: name, licence.
RUNTIMES = (("libc++", "Apache-2.0 WITH LLVM-exception"), ("musl", "MIT"))


def licensed(licence):
    """A licence as CycloneDX wants it: an id, or an expression."""
    return [{"expression": licence}] if " " in licence else [{"license": {"id": licence}}]


def installed(pattern):
    """(name, version) of the installed package that fits."""
    rows = run(["dpkg-query", "-W", "-f=${Package}\t${Version}\n", pattern]).splitlines()
    return next(row.split("\t") for row in sorted(rows) if row.split("\t")[1])


def components():
    """One entry for each library of others."""
    for name, licence in SOURCES:
        path = zig.tarball(name)
        with open(path + ".sha256", encoding="ascii") as checksum:
            digest = checksum.read().strip()
        version = os.path.basename(path)[len(name) + 1:].split(".orig")[0]
        yield {"type": "library", "name": name, "version": version, "licenses": licensed(licence),
               "purl": f"pkg:deb/debian/{name}@{version}?arch=source",
               "hashes": [{"alg": "SHA-256", "content": digest}]}
    for name, pattern, licence in HEADERS:
        package, version = installed(pattern)
        yield {"type": "library", "name": name, "version": version, "licenses": licensed(licence),
               "purl": f"pkg:deb/debian/{package}@{version}"}
    for name, licence in RUNTIMES:
        yield {"type": "library", "name": name, "version": f"of zig {zig.VERSION}",
               "licenses": licensed(licence), "purl": f"pkg:pypi/ziglang@{zig.VERSION}"}


def write(target, version, epoch):
    """Writes the bill of release `version`."""
    time = datetime.datetime.fromtimestamp(epoch, datetime.timezone.utc)
    number = uuid.uuid5(uuid.NAMESPACE_OID, f"remora {version} {epoch}")
    bill = {"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
            "serialNumber": f"urn:uuid:{number}",
            "metadata": {"timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ"),
                         "component": {"type": "application", "name": "remora", "version": version,
                                       "licenses": licensed("Apache-2.0")}},
            "components": list(components())}
    with open(target, "w", encoding="utf-8") as out:
        json.dump(bill, out, indent=1)
        out.write("\n")
