"""`python -m benchmarks WHAT`: measure, and write `benchmarks/results/*.json`."""

import argparse
import os
from pathlib import Path

from benchmarks import bandit, cached, cold, jobs, keywords, models, peers, ranker, serving, social, text, variety, work

AT_SCALE = {
    "serving": serving.run,
    "work": work.run,
    "cached": cached.run,
    "bandit": bandit.run,
    "cold": cold.run,
    "ranker": ranker.run,
    "variety": variety.run,
}
"""Those that need a simulated platform."""
OTHERS = ("jobs", "keywords", "models", "peers", "social", "text")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("what", nargs="?", default="serving", choices=[*AT_SCALE, *OTHERS])
    parser.add_argument("--users", type=int, default=100_000)
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--days", type=int, default=16)
    parser.add_argument("--home", type=Path, default=Path("var/bench"), help="kept and reused between runs")
    parser.add_argument("--peers-python", type=Path, default=peers.PEERS_PYTHON, help="the Python that has RecTools")
    parser.add_argument("--yake-python", type=Path, default=keywords.YAKE_PYTHON, help="the Python that has YAKE")
    parser.add_argument("--shared", type=Path, default=os.environ.get("SOCIALFLOW_SHARED", "../shared"))
    given = parser.parse_args()
    if given.what == "jobs":
        jobs.run()
        return
    if given.what == "peers":
        peers.run(given.peers_python)
        return
    if given.what == "keywords":
        keywords.run(given.shared, given.yake_python)
        return
    if given.what in ("social", "text"):
        {"social": social.run, "text": text.run}[given.what](given.shared)
        return
    given.home.mkdir(parents=True, exist_ok=True)
    if given.what == "models":
        models.run(given.items, given.home)
        return
    scale = serving.Scale(given.users, given.items, given.days, given.home.absolute())
    AT_SCALE[given.what](scale)


if __name__ == "__main__":
    main()
