"""bench costs: what reading each family costs in a broker, as the agent itself measures it."""
import re
import time

from benchkit import common, read

LINE = re.compile(r'^remora_family_(reads_total|read_seconds_total|read_typical_seconds|'
                  r'read_tail_seconds)\{.*?family="((?:[^"\\]|\\.)*)".*?\} (\S+)$')


def add(commands):
    parser = commands.add_parser(
        "costs", help="the most expensive families to read, by the agent's own measure",
        description="A broker under load, everything is read every 5 s; wall time of the reads by "
                    "family, from the agent's self-metrics.")
    common.add_lab_options(parser, seconds=120)
    parser.add_argument("--warm-up", type=int, default=45, metavar="SECONDS")
    parser.add_argument("--show", type=int, default=20, help="families (default %(default)s)")
    parser.set_defaults(function=bench)


def families(lab):
    """Self-metrics by family: {family: {reads_total: 1.0, ...}}."""
    found = {}
    for path in lab.output.glob("*.prom"):
        for line in path.read_text(encoding="utf-8").splitlines():
            match = LINE.match(line)
            if match:
                what, family, value = match.groups()
                found.setdefault(family.replace('\\"', '"'), {})[what] = float(value)
    if not found:
        raise common.BenchError("the agent has written no costs of families")
    return found


def bench(options):
    options.heap = options.heap or ("3g" if options.topics >= 500 else "1g")
    with common.Lab(options) as lab:
        lab.start(read.collect_all("5s", None), bench=False)
        lab.wait_settled()
        lab.load(options.warm_up + options.seconds + 20)
        time.sleep(options.warm_up)
        first, began = families(lab), time.monotonic()
        time.sleep(options.seconds)
        last, span = families(lab), time.monotonic() - began
    passes = span / 5
    rows = []
    for family, now in last.items():
        # What came among the most expensive meanwhile has no beginning to subtract.
        before = first.get(family)
        if before is None:
            continue
        reads = now["reads_total"] - before["reads_total"]
        seconds = now["read_seconds_total"] - before["read_seconds_total"]
        if reads > 0:
            rows.append({"family": family, "beans": round(reads / passes),
                         "typical_us": now["read_typical_seconds"] * 1e6,
                         "tail_us": now["read_tail_seconds"] * 1e6,
                         "ms_a_pass": seconds / passes * 1e3})
    total = sum(row["ms_a_pass"] for row in rows)
    rows.sort(key=lambda row: -row["ms_a_pass"])
    common.table([(row["family"], row["beans"], f"{row['typical_us']:.2f}", f"{row['tail_us']:.1f}",
                   f"{row['ms_a_pass']:.2f}", f"{100 * row['ms_a_pass'] / total:.0f}")
                  for row in rows[:options.show]],
                 ["family", "beans", "us a read", "tail, us", "ms a pass", "%"])
    print(f"all of it: {total:.1f} ms of wall time a pass")
    return {"topics": options.topics, "partitions": options.partitions, "kafka": options.kafka,
            "ms_a_pass": round(total, 2),
            "families": [{key: value if key in ("family", "beans") else round(value, 3)
                          for key, value in row.items()} for row in rows]}
