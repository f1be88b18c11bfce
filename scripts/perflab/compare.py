"""bench compare: what moved between two reports beyond noise."""
import json
import pathlib
import statistics

from benchkit import common
from perflab import figures, stats, table


def add(commands):
    parser = commands.add_parser(
        "compare", help="what moved beyond noise between two reports of the performance lab",
        description="Compares two report.json of scripts/performance-test.sh, run by run and "
                    "figure by figure. What moved is told; exit status 2 when something got worse.")
    parser.add_argument("before", metavar="A", help="report.json, or the directory that has it")
    parser.add_argument("after", metavar="B")
    parser.set_defaults(function=bench)


def load(path):
    """The report at `path`; BenchError when it is none, or does not tell its noise."""
    path = pathlib.Path(path)
    path = path / "report.json" if path.is_dir() else path
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if found["format"] != "remora-performance-1":
            raise KeyError("format")
        rounds = found["settings"]["repeat"]
    except OSError as error:
        raise common.BenchError(f"{path}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise common.BenchError(f"{path} is no report.json of performance-test.sh") from error
    if rounds < 2:
        raise common.BenchError(f"{path} is of one round: its noise is not known, so nothing can be "
                                "said to have moved; measure with --repeat 2 or more")
    return found


BETTER_WHEN_MORE = ("produce_per_s", "delivery_per_s", "hit_rate")
# Of the run itself, not of chance: a difference counts when it is a twentieth at least.
SHARE_MIN = 0.05


def moves(before, after):
    """Rows of what moved: its interval leaves out 0, and it is more than both baselines' noise."""
    rows = []
    for run in table.names(before["runs"]):
        for figure in (*figures.FIGURES, *figures.COLLECTING):
            old, new = (list(table.values_of(report["runs"], run, figure).values())
                        for report in (before, after))
            if not old or not new or figure.key in ("collections", "left"):
                continue
            mean, low, high = stats.difference(old, new)
            noise = max((table.noise(report["runs"], figure) or 0.0) for report in (before, after))
            base = abs(statistics.fmean(old))
            if stats.beyond(mean, low, high, max(noise, SHARE_MIN * base)):
                worse = (mean > 0) != (figure.key in BETTER_WHEN_MORE)
                rows.append({"run": run, "figure": figure.key,
                             "before": statistics.fmean(old), "after": statistics.fmean(new),
                             "difference": mean, "low": low, "high": high,
                             "worse": worse if figure.key != "values" else False})
    return rows


def bench(options):
    before, after = load(options.before), load(options.after)
    for key in ("machine", "settings"):
        if before[key] != after[key]:
            common.say(f"the two differ in {key}: {before[key]} and {after[key]}")
    rows = moves(before, after)
    if rows:
        common.table([(row["run"], figures.BY_KEY[row["figure"]].title, f"{row['before']:.4g}",
                       f"{row['after']:.4g}", f"{row['low']:+.3g} to {row['high']:+.3g}",
                       "worse" if row["worse"] else "") for row in rows],
                     ["run", "figure", "A", "B", "difference, 95 %", ""])
    else:
        print("nothing moved beyond noise")
    return {"moved": rows, "kept": not any(row["worse"] for row in rows)}
