#!/usr/bin/env python3
"""Writes dashboards/*.json, for Grafana, from scripts/dashkit.

    scripts/gen_dashboards.py [--check]

`--check` writes nothing and fails when a file is not what it would write.
"""

import argparse
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from dashkit import agent, broker, grafana, jvm, overview, topics  # noqa: E402

FOLDER = pathlib.Path(__file__).resolve().parents[1] / "dashboards"
DASHBOARDS = [module.DASHBOARD for module in (overview, broker, topics, jvm, agent)]


def files():
    """{path: what belongs there}."""
    return {FOLDER / f"{dashboard.uid}.json": json.dumps(grafana.dashboard_json(dashboard), indent=1) + "\n"
            for dashboard in DASHBOARDS}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--check", action="store_true", help="write nothing; fail when something would be written")
    options = parser.parse_args()
    wanted = files()
    stale = [path for path, text in wanted.items() if not path.exists() or path.read_text() != text]
    stale += sorted(set(FOLDER.glob("*.json")) - set(wanted))
    for path in stale:
        print(f"{path.relative_to(FOLDER.parent)}: "
              f"{'is not what scripts/gen_dashboards.py writes' if options.check else 'written'}")
        if not options.check:
            path.parent.mkdir(exist_ok=True)
            if path in wanted:
                path.write_text(wanted[path])
            else:
                path.unlink()
    return 1 if stale and options.check else 0


if __name__ == "__main__":
    sys.exit(main())
