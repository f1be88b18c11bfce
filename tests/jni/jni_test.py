#!/usr/bin/env python3
"""Runs JniCheck with -Xcheck:jni, which must stay silent. jni_test.py JAVA CLASSPATH LIBRARY"""

import re
import subprocess
import sys
import tempfile

java, classpath, library = sys.argv[1:4]
with tempfile.TemporaryDirectory(prefix="remora-jni-") as folder:
    done = subprocess.run([java, "-Xcheck:jni", "-Xmx128m", "-cp", classpath, "remora.shim.JniCheck", library,
                           folder], capture_output=True, text=True, timeout=120)
output = done.stdout + done.stderr
print(output)
complaints = [line for line in output.splitlines()
              if re.search(r"WARNING in native|FATAL ERROR in native|WARNING: JNI", line)]
if done.returncode != 0 or "jni: ok" not in done.stdout or complaints:
    sys.exit(f"exit status {done.returncode}, {len(complaints)} complaints of -Xcheck:jni")
