#!/usr/bin/env python3
"""Asks HTTP endpoints at a fixed interval and keeps each last answer in a file.

    poll.py --interval 10 [--body JSON] URL=FILE...

A line of JSON for each collection goes to stdout. Ends by a signal.
"""
import argparse
import json
import os
import sys
import threading
import time
import urllib.error
import urllib.request

TIMEOUT_S = 60.0
PRINTING = threading.Lock()


def collect(url, path, body):
    """One request; the answer replaces the file at `path` as a whole."""
    with urllib.request.urlopen(urllib.request.Request(url, data=body), timeout=TIMEOUT_S) as answer:
        content = answer.read()
    with open(path + ".new", "wb") as out:
        out.write(content)
    os.replace(path + ".new", path)
    return len(content)


def poll(url, path, body, interval_s):
    while True:
        due = (time.time() // interval_s + 1) * interval_s
        time.sleep(max(0.001, due - time.time()))
        count, error = 0, ""
        try:
            count = collect(url, path, body)
        except (OSError, urllib.error.URLError) as failure:
            error = str(failure)
        line = json.dumps({"file": os.path.basename(path), "due_ms": round(due * 1000),
                           "written_ms": round(time.time() * 1000), "bytes": count,
                           "error": error})
        with PRINTING:
            print(line, flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--interval", type=float, required=True)
    parser.add_argument("--body")
    parser.add_argument("targets", nargs="+", metavar="URL=FILE")
    options = parser.parse_args()
    body = options.body.encode() if options.body else None
    for target in options.targets:
        url, _, path = target.rpartition("=")
        threading.Thread(target=poll, args=(url, path, body, options.interval), daemon=True).start()
    threading.Event().wait()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(0)
