"""The scrape endpoint with a real Prometheus, with curl and with promtool, while its page changes."""
import gzip
import json
import os
import subprocess
import time
import urllib.error
import urllib.request

import consumers as c
import daemons

UNITS = 2_000
INTERVAL_MS = 100


def scrape(url, **headers):
    """(headers of the reply, its text), with its gzip undone."""
    request = urllib.request.Request(url, headers={key.replace("_", "-"): value for key, value in headers.items()})
    with urllib.request.urlopen(request, timeout=10) as answer:
        body = answer.read()
        if answer.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        return answer.headers, body.decode()


def status_of(url):
    try:
        return scrape(url)[0] and 200
    except urllib.error.HTTPError as refused:
        return refused.code


def page_that_stays(url):
    """The page, or "" when it was another one ten ticks later."""
    _, page = scrape(url)
    time.sleep(10 * INTERVAL_MS / 1000)
    return page if scrape(url)[1] == page else ""


def check_clients(url, directory):
    """The same page in each form, by three clients that are not ours."""
    headers, text = scrape(url)
    assert headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8", headers
    ours = {name for name, _ in c.parse_exposition(text) if name.startswith("kafka_test_")}
    assert len(ours) == 2, ours
    checked = subprocess.run([c.tool("promtool"), "check", "metrics"], input=text, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr
    headers, zipped = scrape(url, Accept_Encoding="gzip")
    assert headers["Content-Encoding"] == "gzip" and len(c.parse_exposition(zipped)) == len(c.parse_exposition(text))
    headers, opened = scrape(url, Accept="application/openmetrics-text; version=1.0.0")
    assert headers["Content-Type"].startswith("application/openmetrics-text; version=1.0.0"), headers
    assert opened.endswith("\n# EOF\n")
    one = sorted(ours)[0]
    _, filtered = scrape(f"{url}?name[]={one}")
    assert {name for name, _ in c.parse_exposition(filtered)} == {one}
    page = os.path.join(directory, "page")
    done = subprocess.run([c.tool("curl"), "-sS", "--fail", "--compressed", "-o", page, "-w", "%{http_code} %{size_download}",
                           url], capture_output=True, text=True)
    code, size = done.stdout.split()
    assert code == "200" and int(size) < os.path.getsize(page) / 5, (done.stdout, done.stderr)
    assert len(c.parse_exposition(c.read(page))) == len(c.parse_exposition(text))


def main():
    with c.scratch() as directory:
        target = f"127.0.0.1:{c.tcp_port()}"
        url = f"http://{target}/metrics"
        options = dict(sink="http", format="prometheus", port=target.rsplit(":", 1)[1], units=UNITS, ticks=60,
                       interval_ms=INTERVAL_MS, linger_ms=20_000, page_age_ms=10_000,
                       expect=os.path.join(directory, "expect.json"))
        with daemons.prometheus(target) as query, \
                c.running(c.driver_arguments(options), os.path.join(directory, "driver.log")) as driver:
            c.wait_for(lambda: c.answers(url), "the first page")
            check_clients(url, directory)
            c.wait_for(lambda: query("up") and query("up")[0][1] == 1, "Prometheus's first scrape", 30)
            # The ticks have ended, the page stays the last one: what Prometheus holds is all of it.
            c.wait_for(lambda: len(query('{__name__=~"kafka_test_.*"}')) == 2 * UNITS, "every series", 30)
            text = c.wait_for(lambda: page_that_stays(url), "the last page", 30)
            shown = {(name, dict(labels)["topic"]): value for (name, labels), value in c.parse_exposition(text).items()}

            def held():
                rows = query('{__name__=~"kafka_test_.*"}')
                return {(labels["__name__"], labels["topic"]): value for labels, value in rows}

            c.wait_for(lambda: held() == shown, "Prometheus to hold the last page", 30)
            # Nobody ticks any more, and the endpoint says so.
            c.wait_for(lambda: query("up")[0][1] == 0, "up to be 0", 30)
            assert status_of(url) == 503 and status_of(f"http://{target}/healthz") == 503
            driver.wait(30)
            assert driver.returncode == 0, c.read(os.path.join(directory, "driver.log"))
        assert not c.answers(url), "the port is open after the end"
        with open(options["expect"]) as file:
            sent = json.load(file)
        assert sent["errors"] == 0 and sent["requests"] > 10 and sent["refused"] == 0, sent
        print(f"{2 * UNITS} series in Prometheus; {sent['requests']} requests")


main()
