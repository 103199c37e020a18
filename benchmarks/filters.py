"""What each part of the graph filter gives on Gowalla and Yelp2018, and how far it is from the best published figures.

`python -m benchmarks filters [--shared DIR]`

The filter as shipped, whose form is chosen on parts of train; then the same form with one part left out, or with
another rank, list length or seed of the choice. Nothing here is chosen: the lines say what was tried, on the test part.
Lines that the results file has are not measured again: delete it to begin anew.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.results_file import RESULTS, write
from socialflow.recommendation.algorithms.graph import GraphFilter
from socialflow.recommendation.algorithms.trending import Trending
from socialflow.recommendation.graph_filter import Filter
from socialflow.recommendation.protocol import Recommender
from socialflow.training.protocols import PROTOCOLS, Split
from socialflow.training.ranking_run import run as measure

SETS = {"yelp2018": (0.0723, 0.0604), "gowalla": (0.1941, 0.1616)}
"""Recall@20 and NDCG@20, the best published that we know."""
K = 20


def run(shared: Path) -> Path:
    """Measure and write `results/filters.json`, after each line."""
    path = RESULTS / "filters.json"
    report: dict[str, Any] = json.loads(path.read_text())["sets"] if path.exists() else {}
    for name, published in SETS.items():
        protocol = PROTOCOLS["lightgcn"]
        split = protocol.test(protocol.read(shared / "data" / "recsys" / name), 0)
        told = report.setdefault(name, {"lines": {}})
        told["published"] = dict(zip(("recall@20", "ndcg@20"), published, strict=True))
        for line, model in tried(told["lines"]):
            if line in told["lines"]:
                continue
            told["lines"][line] = _told(model(), split)
            print(name, line, told["lines"][line], flush=True)
            path = write("filters", "python -m benchmarks filters", {"sets": report})
    return path


def tried(lines: Mapping[str, Any]) -> Iterator[tuple[str, Callable[[], Recommender]]]:
    """Line by line: what is tried; `lines` are those that were measured, of which the second has the form."""
    yield "popularity", lambda: Trending(half_life_hours=None)
    yield "as shipped", GraphFilter
    form = Filter(**lines["as shipped"]["form"])
    for name, other in {
        "without damping": replace(form, damping=0.0),
        "without low pass": replace(form, low=0.0),
        "walk alone": replace(form, damping=0.0, low=0.0),
        "even exponents (1/2)": replace(form, source=0.5, target=0.0),
    }.items():
        if other != form:
            yield name, partial(_fixed, other)
    for rank in (128, 1024):
        yield f"rank {rank}", partial(_fixed, form, rank=rank)
    yield "lists of 200", partial(_fixed, form, neighbours=200)
    yield "another seed of the choice", lambda: GraphFilter(seed=1)


def _fixed(form: Filter, *, rank: int = 512, neighbours: int | None = None) -> GraphFilter:
    return GraphFilter(rank=rank, neighbours=neighbours, form=(form.source, form.target, form.damping, form.low))


def _told(model: Recommender, split: Split) -> dict[str, Any]:
    result = measure(model, split, None, [K])
    told: dict[str, Any] = {
        f"{name}@{K}": round(float(result.values[f"{name}@{K}"].mean()), 6) for name in ("recall", "ndcg")
    }
    told["fit_seconds"] = round(result.fit_seconds, 1)
    return {**told, "form": asdict(model.form)} if isinstance(model, GraphFilter) else told
