"""A jar of the agent that says that it is of another version."""

import os
import re
import zipfile

from broker_lab import JAR

LIBRARY = f"native/linux-{os.uname().machine}/libremora.so"
MANIFEST = "META-INF/MANIFEST.MF"


def make(folder, version):
    """The path of a jar whose manifest and library say `version`, which has as many bytes as the real one."""
    jar = folder / f"remora-{version}.jar"
    with zipfile.ZipFile(JAR) as old, zipfile.ZipFile(jar, "w", zipfile.ZIP_DEFLATED) as new:
        own = re.search(r"Implementation-Version: (\S+)", old.read(MANIFEST).decode())[1].encode()
        assert len(version) == len(own), (version, own)
        for entry in old.infolist():
            content = old.read(entry)
            if entry.filename in (MANIFEST, LIBRARY):
                assert own in content, entry.filename
                content = content.replace(own, version.encode())
            new.writestr(entry.filename, content)
    return jar
