"""What the social graph adds to recommendation, and how well whom to follow is guessed.

`python -m benchmarks social [--shared DIR]`

Items: the recommender `social` fitted with and without the follows of each set (without, its members are the graph of
users and items and popularity), the paired difference user by user, and the same for users whose whole history is
taken away at request time. Content: `graph` with and without the vectors of a set of short videos. Edges: a tenth of
the follows held out; people ranked by followers, by common acquaintances, by like taste, and by both as the service
blends them. Shares are learnt on parts of train; nothing is chosen on test parts.
"""

from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

from benchmarks.results_file import write
from socialflow.evaluation.paired import compare_all
from socialflow.evaluation.ranking import find_hits, rank_quality
from socialflow.recommendation.algorithms.content_based import ContentBased
from socialflow.recommendation.algorithms.graph import GraphFilter
from socialflow.recommendation.algorithms.hybrid import to_unit
from socialflow.recommendation.algorithms.item_item import ItemItem
from socialflow.recommendation.algorithms.trending import Trending
from socialflow.recommendation.blends import LearntBlend
from socialflow.recommendation.interactions import FloatArray, Histories
from socialflow.recommendation.people import FOLLOWS_SHARE, LIKENESS_SHARE
from socialflow.recommendation.protocol import Recommender
from socialflow.recommendation.ranking import best_columns
from socialflow.recommendation.social import SocialRecommender
from socialflow.training.protocols import PROTOCOLS, Split
from socialflow.training.ranking_run import Values
from socialflow.training.ranking_run import run as measure

SETS = {"lastfm": "social-lastfm/lightgcn-split", "filmtrust": "social-filmtrust", "yelp-hin": "social-yelp-hin"}
K = 20
METRICS = (f"recall@{K}", f"ndcg@{K}")


def run(shared: Path) -> Path:
    """Measure and write `results/social.json`."""
    sets = shared / "data" / "recsys"
    protocol = PROTOCOLS["lightgcn"]
    items, edges = {}, {}
    for name, place in SETS.items():
        data = protocol.read(sets / place)
        plain = protocol.test(data, 0)
        items[name] = with_and_without(plain, plain.following(data.follows))
        print(name, items[name], flush=True)
        edges[name] = whom_to_follow(plain.following(data.follows))
        print(name, edges[name], flush=True)
    content = with_and_without_content(sets / "tiktok-diffmm")
    return write("social", "python -m benchmarks social", {"items": items, "content": content, "edges": edges})


def with_and_without(plain: Split, social: Split) -> dict[str, Any]:
    """The same recommender without and with follows, beside the floors; users with and without their history."""
    values: dict[str, Values] = {
        "popularity": measure(Trending(half_life_hours=None), plain, None, [K]).values,
        "item_item": measure(ItemItem(), plain, None, [K]).values,
        "without": measure(SocialRecommender(half_life_hours=None), plain, None, [K]).values,
    }
    model = SocialRecommender(half_life_hours=None)
    values["with"] = measure(model, social, None, [K]).values
    report = {**_means(values), "shares": dict(zip(("graph", "trending", "followed"), model.shares, strict=True))}
    report["difference"] = _difference(values)
    return {"users": len(plain), **report, "new_users": _new_users(model, plain, social)}


def _new_users(model: SocialRecommender, plain: Split, social: Split) -> dict[str, Any]:
    """Users who follow somebody, asked as if they had no history."""
    near = social.histories.followed
    assert near is not None
    asked = np.flatnonzero(np.diff(near.indptr) > 0)
    values = {}
    for name, split in (("popularity", plain), ("with", social)):
        nothing = Histories(np.zeros(len(split) + 1, np.int64), *(np.empty(0, kind) for kind in ("i8", "f4", "f8")))
        bare = replace(split, histories=replace(nothing, followed=split.histories.followed))
        recommender: Recommender = model if name == "with" else Trending(half_life_hours=None).fit(plain.train)
        scores = recommender.top(bare.histories, K, exclude_seen=False).items
        hits = find_hits(scores, split.indptr, split.relevant)
        quality = rank_quality(hits, np.diff(split.indptr), [K])
        values[name] = {key: quality[key][asked] for key in METRICS}
    return {"users": len(asked), **_means(values)}


def with_and_without_content(source: Path) -> dict[str, Any]:
    """`graph` alone, and blended with the vectors of pictures and sounds by a learnt share."""
    protocol = PROTOCOLS["lightgcn"]
    data = protocol.read(source)
    split = protocol.test(data, 0)
    blend = LearntBlend({"graph": GraphFilter(), "content": ContentBased(meaning=0.0)}, steps=10, shares=None, seed=0)
    values: dict[str, Values] = {}
    recommenders = (Trending(half_life_hours=None), ItemItem(), GraphFilter(), ContentBased(meaning=0.0), blend)
    names = ("popularity", "item_item", "without", "content_based", "with")
    for name, recommender in zip(names, recommenders, strict=True):
        recommender.fit(split.train, data.items)
        lists = recommender.top(split.histories, K).items
        quality = rank_quality(find_hits(lists, split.indptr, split.relevant), np.diff(split.indptr), [K])
        values[name] = quality
    cold = ~np.isin(split.relevant, split.train.items)
    users = np.repeat(np.arange(len(split)), np.diff(split.indptr))[cold]
    report: dict[str, Any] = {"users": len(split), **_means(values), "difference": _difference(values)}
    report["shares"] = dict(zip(("graph", "content"), blend.shares, strict=True))
    report["cold_items"] = {
        "users": len(users),
        **_means({n: {m: v[m][users] for m in METRICS} for n, v in values.items()}),
    }
    return {"tiktok": report}


def whom_to_follow(split: Split) -> dict[str, Any]:
    """A tenth of the follows held out, both directions of a pair together; everybody but the followed is ranked."""
    assert split.follows is not None
    ends = np.stack((split.follows.sources, split.follows.targets))
    n = int(max(ends.max(), split.train.users.max())) + 1
    pairs = ends.min(axis=0) * n + ends.max(axis=0)
    numbers, inverse = np.unique(pairs, return_inverse=True)
    held = (np.random.default_rng(0).random(len(numbers)) < 0.1)[inverse]
    known, hidden = (_matrix(ends[:, rows], (n, n)) for rows in (~held, held))
    asked = np.flatnonzero(np.diff(hidden.indptr) > 0)
    taken = _matrix(np.stack((split.train.users, split.train.items)), (n, int(split.train.items.max()) + 1))
    followers = np.asarray(known.sum(axis=0)).ravel()
    values: dict[str, Values] = {}
    step = 256
    names = ("popularity", "acquaintances", "likeness", "blend")
    parts: dict[str, list[Any]] = {name: [] for name in names}
    sizes = np.sqrt(np.maximum(np.diff(taken.indptr), 1))
    for start in range(0, len(asked), step):
        users = asked[start : start + step]
        common = np.asarray((known[users] @ known).toarray(), np.float32)
        like = np.asarray((taken[users] @ taken.T).toarray(), np.float32) / (sizes[users][:, None] * sizes)
        scores = {
            "popularity": np.tile(followers, (len(users), 1)).astype(np.float32),
            "acquaintances": common,
            "likeness": like,
            "blend": FOLLOWS_SHARE * to_unit(common) + LIKENESS_SHARE * to_unit(like),
        }
        for name, rows in scores.items():
            parts[name].append(_best(rows, users, known))
    wanted = hidden[asked]
    for name in names:
        hits = find_hits(np.concatenate(parts[name]), wanted.indptr, wanted.indices)
        values[name] = rank_quality(hits, np.diff(wanted.indptr), [K])
    return {"users": len(asked), "follows": int(known.nnz), "held_out": int(hidden.nnz), **_means(values)}


def _best(scores: FloatArray, users: Any, known: Any) -> Any:
    rows, columns = known[users].nonzero()
    scores[rows, columns] = np.nan
    scores[np.arange(len(users)), users] = np.nan
    return best_columns(scores, K)[0]


def _matrix(cells: Any, shape: tuple[int, int]) -> Any:
    matrix = sparse.coo_array((np.ones(cells.shape[1], np.float32), (cells[0], cells[1])), shape=shape).tocsr()
    matrix.data[:] = 1.0
    matrix.sort_indices()
    return matrix


def _means(values: Mapping[str, Values]) -> dict[str, dict[str, float]]:
    return {name: {key: round(float(of[key].mean()), 4) for key in METRICS} for name, of in values.items()}


def _difference(values: Mapping[str, Values]) -> dict[str, Any]:
    key = f"ndcg@{K}"
    told = compare_all({name: values[name][key] for name in ("without", "with")}, "without", seed=0)["with"]
    return {"metric": key, **{name: round(worth, 6) for name, worth in asdict(told).items()}}
