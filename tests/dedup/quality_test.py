#!/usr/bin/env python3
"""What the product's own strategies find in generated data, in CI: small data, and floors that a change of the
strategies must not fall through. They lie a little below what was measured, for so few records move each figure
much; README.md has the figures of larger data."""

import argparse
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent

SIMILAR = '[{"use": "strong_id"}, {"use": "similar"}]'
TICKET = '[{"use": "strong_id"}, {"use": "near_ticket"}]'

# entity -> its strategies, and what must hold in plain and in hostile data.
GOALS = {
    "client": (SIMILAR,
               ["cluster_f1>=0.985", "wrong_joins<=0", "wrong.franchise<=0", "review_share<=0.03"],
               ["cluster_f1>=0.92", "wrong_joins<=2", "wrong.franchise<=0", "review_share<=0.08"]),
    "contact": (SIMILAR,
                ["cluster_f1>=0.98", "wrong_joins<=5", "review_share<=0.03"],
                ["cluster_f1>=0.94", "wrong_joins<=8", "review_share<=0.08"]),
    "asset": (SIMILAR,
              ["cluster_f1>=0.99", "wrong_joins<=1", "wrong.placeholder_serial<=0", "review_share<=0.03"],
              ["cluster_f1>=0.965", "wrong_joins<=6", "wrong.placeholder_serial<=0", "review_share<=0.08"]),
    "ticket": (TICKET,
               ["cluster_f1>=0.985", "wrong_joins<=0", "wrong.recurring_ticket<=0", "review_share<=0.03"],
               ["cluster_f1>=0.98", "wrong_joins<=1", "wrong.recurring_ticket<=0", "review_share<=0.03"]),
}


def run(command):
    return subprocess.run([str(word) for word in command], check=False).returncode == 0


def judged(match, plugins, data, entity, strategies, goals):
    """True when the entities of one file are as the goals want them."""
    truth = data / f"{entity}.csv"
    found, review = data / f"{entity}.found.csv", data / f"{entity}.review.csv"
    made = run([match, truth, "--id", "record_id", "--connection", "connection", "--entity", entity,
                "--hide", "cluster_id", "trap", "--strategies", strategies, "--plugins", plugins,
                "--out", found, "--review", review])
    require = [word for goal in goals for word in ("--require", goal)]
    return made and run([sys.executable, "-B", HERE / "evaluate.py", "--truth", truth, "--trap", "trap",
                         "--review", review, *require, found])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--match", required=True, help="psabridge-match-csv")
    parser.add_argument("--plugins", required=True, help="folder of the plugins")
    options = parser.parse_args()
    failed = []
    with tempfile.TemporaryDirectory() as folder:
        for kind, hostile in (("plain", []), ("hostile", ["--hostile"])):
            data = pathlib.Path(folder) / kind
            if not run([sys.executable, "-B", HERE / "generate.py", "--seed", "5", "--scale", "0.02", "--out",
                        data, *hostile]):
                return 1
            for entity, (strategies, plain_goals, hostile_goals) in GOALS.items():
                print(f"== {entity}, {kind}", flush=True)
                goals = hostile_goals if hostile else plain_goals
                if not judged(options.match, options.plugins, data, entity, strategies, goals):
                    failed.append(f"{entity} ({kind})")
    print("missed: " + ", ".join(failed) if failed else "every floor holds")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
