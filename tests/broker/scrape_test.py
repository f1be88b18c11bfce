#!/usr/bin/env python3
"""A thousand scrapes a second of a page of 2 MB: what producers wait for does not grow, nor does the broker's memory.

The scrapers run at the lowest priority: what is measured is the broker's side of it.
"""

import json
import os
import pathlib
import selectors
import socket
import subprocess
import sys
import time
import unittest

HERE = pathlib.Path(__file__).resolve()
sys.path[:0] = [str(HERE.parents[1] / "support"), str(HERE.parents[1] / "sinks")]
import broker_lab  # noqa: E402
import consumers as c  # noqa: E402
import noise  # noqa: E402
from broker_lab import Lab, wait_for  # noqa: E402

ROUNDS = int(os.environ.get("REMORA_ROUNDS", "8"))
SECONDS, WARM_UP = 16, 4
SCRAPERS, PER_SECOND = 100, 1_000
PAGE_BYTES = 2 << 20
GROWTH_KB_MAX = 64 * 1024


def scrape_for(port, seconds):
    """Scrapes at PER_SECOND in all, as far as the endpoint lets it; prints what came. Runs in a process of its own."""
    os.nice(19)
    selector = selectors.DefaultSelector()
    wanted, whole, refused, got = 0, 0, 0, 0
    begun = time.monotonic()

    class Scraper:
        def __init__(self, number):
            self.due = begun + number / PER_SECOND
            self.gzip = number % 2 == 0
            self.socket = None

        def ask(self):
            nonlocal wanted
            wanted += 1
            self.due += SCRAPERS / PER_SECOND
            if self.socket is None:
                self.socket = socket.create_connection(("127.0.0.1", port))
                self.socket.setblocking(False)
            self.left, self.head = None, b""
            encoding = b"Accept-Encoding: gzip\r\n" if self.gzip else b""
            self.socket.send(b"GET /metrics HTTP/1.1\r\nHost: a\r\n" + encoding + b"\r\n")
            selector.register(self.socket, selectors.EVENT_READ, self)

        def read(self):
            nonlocal whole, refused, got
            try:
                data = self.socket.recv(1 << 20)
            except OSError:
                data = b""
            got += len(data)
            if self.left is None:
                self.head += data
                end = self.head.find(b"\r\n\r\n")
                if end >= 0:
                    length = self.head.lower().split(b"content-length: ")[1].split(b"\r\n")[0]
                    self.left = int(length) - (len(self.head) - end - 4)
            else:
                self.left -= len(data)
            if not data or self.left == 0:
                selector.unregister(self.socket)
                whole += bool(data) and self.head.startswith(b"HTTP/1.1 200")
                refused += not data
                if not data:
                    self.socket.close()
                    self.socket = None
                idle.append(self)

    idle = [Scraper(number) for number in range(SCRAPERS)]
    while (now := time.monotonic()) < begun + seconds:
        ready = [one for one in idle if one.due <= now]
        idle[:] = [one for one in idle if one.due > now]
        for one in ready:
            one.ask()
        for key, _ in selector.select(0.001) if selector.get_map() else time.sleep(0.001) or ():
            key.data.read()
    print(json.dumps({"wanted": wanted, "whole": whole, "refused": refused, "bytes": got}))


def resident_kb(pid):
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:"))


class ScrapeTest(unittest.TestCase):
    def test_a_flood_of_scrapes_costs_producers_nothing_and_takes_no_memory(self):
        port = c.tcp_port()
        config = {"sampling": {"base_interval": "5s"}, "select": {"profile": "all"}, "self_metrics": "full",
                  "outputs": [{"path": "${dir}/remora.prom"}, {"type": "http", "port": port}]}
        # A heap that does not grow meanwhile.
        with Lab(config, up=["--jvm-opt=-Xms1g", "--jvm-opt=-XX:+AlwaysPreTouch"]) as lab:
            lab.lab("topics", "--topics", "300", "--partitions", "10")
            url = f"http://127.0.0.1:{port}/metrics"
            page = wait_for("a page of 2 MB", lambda: (text := c.get(url)) and len(text) >= PAGE_BYTES and text, 180)
            pid = lab.state()["brokers"][0]["pid"]
            self.load(lab)
            before_kb = resident_kb(pid)
            pairs, scraped, peak_kb = [], [], 0
            for number in range(ROUNDS):
                pair = {}
                for flooded in (True, False) if number % 2 == 0 else (False, True):
                    pair[flooded] = self.load(lab, scraped if flooded else None, port)
                    peak_kb = max(peak_kb, resident_kb(pid))
                pairs.append((pair[True], pair[False]))
            counters = lab.counters()
            difference, error = noise.difference_and_error(pairs)
            whole = sum(one["whole"] for one in scraped) / (ROUNDS * SECONDS)
            print(f"a page of {len(page) >> 10} KB; {whole:.0f} whole scrapes a second of "
                  f"{sum(one['wanted'] for one in scraped) / (ROUNDS * SECONDS):.0f} asked for; CPU of the endpoint "
                  f"{counters['http_cpu_seconds_total']:.1f} s in {ROUNDS * SECONDS} s; produce p99 in ms with and "
                  f"without: {pairs}; difference {difference:.2f} ms, standard error {error:.2f}; resident "
                  f"{before_kb >> 10} MB before, {peak_kb >> 10} MB at most")
            self.assertGreater(whole, 1)
            self.assertEqual(counters["faults_total"], 0)
            self.assertEqual(counters["ticks_skipped_total"], 0)
            self.assertLessEqual(difference, max(noise.ERRORS_BEYOND_NOISE * error, 1), "milliseconds")
            self.assertLess(peak_kb - before_kb, GROWTH_KB_MAX)

    def load(self, lab, scraped=None, port=None):
        """p99 of producers in ms, while the endpoint is flooded when there is somewhere to note what came."""
        flood = None
        if scraped is not None:
            flood = subprocess.Popen([sys.executable, __file__, "flood", str(port), str(SECONDS)],
                                     stdout=subprocess.PIPE, text=True)
        done = lab.lab("load", "--seconds", str(SECONDS), "--warm-up", str(WARM_UP), "--rate", "1000", "--topics", "20",
                       "--phases", "steady", "--consumers", "1")
        if flood is not None:
            said, _ = flood.communicate(timeout=120)
            scraped.append(json.loads(said))
        return json.loads(done.stdout.splitlines()[-1])["produce_p99_ms"]


if __name__ == "__main__":
    if sys.argv[1:2] == ["flood"]:
        scrape_for(int(sys.argv[2]), float(sys.argv[3]))
    else:
        broker_lab.main()
