"""The offline tables: every recommender on the public sets that lie in the shared folder, as JSON in `results/`.

    python benchmarks/recommender_offline.py [--shared DIR] [--only SUBSTRING] [--checkpoints DIR]

Each file holds what `socialflow eval recommender ... --json` writes for one recommender on one set, and beside it the
command, the machine and the versions. Nothing is chosen on test parts: all runs use the shipped defaults. A long fit
that was interrupted goes on from what it left in the directory of checkpoints; its `fit_seconds` are then those of the
last stretch alone.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

RESULTS = Path(__file__).parent / "results"
NEURAL = ("transformer", "neural_cf", "deep")
LEARNT = ("item_item", "user_user", "als", "graph", "sparse_linear", "svd", "nmf", "svdpp", "collaborative")
SOCIAL = ("item_item", "graph", "social")
RUNS = [
    # set, protocol, source below data/recsys, flag, recommenders
    ("gowalla", "lightgcn", "gowalla", "--data", LEARNT),
    ("yelp2018", "lightgcn", "yelp2018", "--data", LEARNT),
    ("ml-1m-lcfn", "lightgcn", "ml-1m-lcfn", "--data", LEARNT),
    ("ncf-ml-1m", "ncf99", "ncf-ml-1m", "--data", (*LEARNT, *NEURAL)),
    ("sasrec-ml-1m", "leave-one-out", "sasrec-ml-1m/ml-1m.txt.zst", "--file", (*LEARNT, *NEURAL)),
    ("ml-100k", "time-split", "ml-100k", "--data", (*LEARNT, *NEURAL, "content_based", "trending", "hybrid")),
    ("ml-100k", "leave-one-out", "ml-100k", "--data", (*LEARNT, "content_based", "trending", "hybrid")),
    ("lastfm", "lightgcn", "social-lastfm/lightgcn-split", "--data", SOCIAL),
    ("filmtrust", "lightgcn", "social-filmtrust", "--data", SOCIAL),
    ("yelp-hin", "lightgcn", "social-yelp-hin", "--data", SOCIAL),
    ("ml-1m", "strong", "ml-1m", "--data", (*LEARNT, "content_based", "hybrid")),
]
ONE = """
import json, sys
from pathlib import Path
from socialflow.training.recommender_eval import evaluate_recommender
name, source, protocol, checkpoints = sys.argv[1:]
kept = Path(checkpoints) if checkpoints else None
print(json.dumps(evaluate_recommender(name, Path(source), protocol, ks=(10, 20), bootstrap=True, checkpoints=kept)))
"""


def machine() -> dict[str, object]:
    """What the run was on."""
    info = Path("/proc/cpuinfo")
    models = [line.split(":", 1)[1].strip() for line in info.read_text().splitlines() if line.startswith("model name")]
    return {"cpu": models[0] if models else platform.processor(), "cores": os.cpu_count(), "os": platform.platform()}


def commit() -> str:
    """The checked-out commit, marked where tracked sources differ from it: results of two commits do not compare."""
    head = subprocess.run(["git", "rev-parse", "HEAD"], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
    return (
        head
        if subprocess.run(["git", "diff", "--quiet", "HEAD", "--", "src"], check=False).returncode == 0
        else f"{head}+"
    )


def main() -> None:
    """Run what was asked for, one process per recommender."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", type=Path, default=os.environ.get("SOCIALFLOW_SHARED", "../shared"))
    parser.add_argument("--only", default="", help="run only results whose file name contains this")
    parser.add_argument("--checkpoints", default="", help="directory in which long fits write down how far they are")
    options = parser.parse_args()
    RESULTS.mkdir(exist_ok=True)
    libraries = ("numpy", "scipy", "scikit-learn", "implicit")
    versions = {"python": platform.python_version(), **{name: version(name) for name in libraries}}
    for dataset, protocol, place, flag, names in RUNS:
        for name in names:
            target = RESULTS / f"recommender_{dataset}_{protocol}_{name}.json"
            if options.only not in target.name:
                continue
            source = options.shared / "data" / "recsys" / place
            one = [sys.executable, "-c", ONE, name, str(source), protocol, options.checkpoints]
            done = subprocess.run(one, check=True, stdout=subprocess.PIPE, text=True)
            command = (
                f"socialflow eval recommender {name} {flag} ../shared/data/recsys/{place} --protocol {protocol} "
                f"--k 10,20 --bootstrap --json {target.name}"
            )
            document = {
                **json.loads(done.stdout),
                "command": command,
                "machine": machine(),
                "versions": versions,
                "commit": commit(),
            }
            target.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
            metrics, floor = document["metrics"], document["popularity"]
            shown = {key: round(metrics[key], 4) for key in ("recall@20", "ndcg@20", "hit_rate@10", "ndcg@10")}
            print(f"{target.stem}: {shown}, popularity ndcg@10 {floor['ndcg@10']:.4f}", flush=True)


if __name__ == "__main__":
    main()
