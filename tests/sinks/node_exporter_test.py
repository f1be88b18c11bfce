"""The textfile through promtool and node_exporter's collector, over many replacements while it is being scraped."""
import os
import subprocess

import consumers as c
import daemons


def main():
    promtool = c.tool("promtool")
    with daemons.node_exporter() as (textfiles, scrape, said), c.scratch() as directory:
        path = os.path.join(textfiles, "kafka.prom")
        # Scraped all the while 200 frames replace the file: it is never half a file.
        options = dict(sink="textfile", format="prometheus", path=path, units=500, ticks=200,
                       interval_ms=10, expect=os.path.join(directory, "busy.json"))
        scrapes = 0
        with c.running(c.driver_arguments(options), os.path.join(directory, "driver.log")) as driver:
            c.wait_for(lambda: os.path.exists(path), "the first file")
            while driver.poll() is None:
                found = c.parse_exposition(scrape())
                assert found["node_textfile_scrape_error", ()] == 0
                ours = sum(name.startswith("kafka_test_") for name, _ in found)
                assert ours == 1000, f"a scrape saw {ours} of 1000 series"
                scrapes += 1
            assert driver.returncode == 0
        assert scrapes >= 3, scrapes

        sent = c.drive(directory, sink="textfile", format="prometheus", path=path, units=10_000,
                       ticks=3, interval_ms=50)
        found = c.parse_exposition(scrape())
        c.expect_equal(sent["series"], c.by_topic(found, c.names_of(sent["series"])), "node_exporter")
        assert found["node_textfile_scrape_error", ()] == 0
        assert not said(), said()
        with open(path) as file:
            checked = subprocess.run([promtool, "check", "metrics"], stdin=file, capture_output=True,
                                     text=True)
        assert checked.returncode == 0, checked.stderr
        assert os.listdir(textfiles) == ["kafka.prom"]
        print(f"promtool passes; {scrapes} scrapes during 200 replacements, all whole")


main()
