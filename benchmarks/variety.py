"""What variety costs and what it gives: `hybrid` under other selectors, on a simulated platform whose truth is known.

`python -m benchmarks variety --users 1000 --items 2000 --days 20 [--home DIR]`

First pages of the same people, ranked by the same signals; only what rearranges differs. The reward of a page is its
mean *expected* reward, by the truth; beside it how varied pages are and how much of the catalogue they show together.
"""

import asyncio
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.bandit import Platform, world_of
from benchmarks.results_file import write
from benchmarks.serving import Scale, prepare
from socialflow.evaluation.bootstrap import mean_interval
from socialflow.evaluation.diversity import coverage, list_diversity
from socialflow.recommendation import feeds
from socialflow.recommendation.context import Context, World
from socialflow.recommendation.pipeline import Selector
from socialflow.recommendation.pipeline import run as ranked_by
from socialflow.recommendation.records import FeedQuery
from socialflow.recommendation.selectors.determinantal import DeterminantalPointProcess
from socialflow.recommendation.selectors.rerank import DAY, AuthorCap, AuthorDecay, Diversity, NewCreatorSlots

PEOPLE, PAGE = 300, 20
MMR, DPP = Diversity(strength=0.15), DeterminantalPointProcess(theta=0.8)
NEWCOMERS = NewCreatorSlots(every=20, days=30, few=100)
DECAY, CAP = AuthorDecay(factor=0.5, floor=0.25), AuthorCap(cap=2, window=10)
SELECTORS: Mapping[str, tuple[Selector, ...]] = {
    "by score alone": (),
    "author cap": (CAP,),
    "author decay": (DECAY,),
    "mmr 0.15": (MMR,),
    "mmr 0.3": (Diversity(strength=0.3),),
    "dpp 0.9": (DeterminantalPointProcess(theta=0.9),),
    "dpp 0.8": (DPP,),
    "dpp 0.65": (DeterminantalPointProcess(theta=0.65),),
    "new creator slot": (NEWCOMERS,),
    "hybrid": feeds.SELECTORS,
    "hybrid without new creator slot": tuple(one for one in feeds.SELECTORS if one.name != NEWCOMERS.name),
    "hybrid, dpp 0.9 for mmr": tuple(
        DeterminantalPointProcess(theta=0.9) if one.name == MMR.name else one for one in feeds.SELECTORS
    ),
    "varied": feeds.VARIED,
}
"""Name of a line -> what rearranges."""


async def pages(platform: Platform, people: Sequence[int], selectors: Sequence[Selector]) -> np.ndarray:
    """Item keys (people, PAGE) of first pages under these selectors, -1 at empty places."""
    names = [platform.world.truth.config.user_id(person) for person in people]
    viewers, world = await platform.service.viewers(names), (await platform.service.present()).world()
    feed = replace(feeds.HYBRID, selectors=tuple(selectors))
    made = np.full((len(people), PAGE), -1, np.int64)
    for row, name in enumerate(names):
        ranking = ranked_by(feed, Context(FeedQuery(page_size=PAGE), viewers[name], world, PAGE + 1)).ranking
        shown = ranking.candidates.keys[ranking.order[:PAGE]]
        made[row, : len(shown)] = shown
    return made


def told(
    platform: Platform, people: Sequence[int], world: World, shown: np.ndarray
) -> tuple[np.ndarray, dict[str, float]]:
    """Expected rewards (people,), and what else the pages are like."""
    corpus, charts, loaded = world.corpus, world.charts, world.models["content_based"]
    numbers = np.array([-1 if name is None else platform.items[name] for name in corpus.ids])
    pairs = zip(people, shown, strict=True)
    worth = [platform.world.expected(who, numbers[row[row >= 0]].tolist()) for who, row in pairs]
    everything = np.arange(corpus.size)
    vectors = loaded.content.vectors(everything) if loaded.content else np.zeros((corpus.size, 1))
    new = (world.now - charts.creator_debut < 30 * DAY) & (charts.creator_heard < 100)
    distinct = [np.mean([len(np.unique(values[row[row >= 0]])) for row in shown]) for values in (
        corpus.category[everything], corpus.creator(everything),
    )]  # fmt: skip
    rest = {
        "categories": distinct[0],
        "creators": distinct[1],
        "distance": list_diversity(shown, vectors),
        "coverage": coverage(shown, len(corpus)),
        "new_creators": new[shown[shown >= 0]].mean(),
    }
    return np.array(worth), {name: round(float(value), 4) for name, value in rest.items()}


async def measure(home: Path, people: Sequence[int]) -> dict[str, Any]:
    """Every line: mean reward, how far above that of `hybrid` person by person (95 % interval), and the rest."""
    with tempfile.TemporaryDirectory(prefix="socialflow-") as folder:
        platform = Platform(home, Path(folder), world_of(home))
        await platform.service.start()
        try:
            world = (await platform.service.present()).world()
            lines = {
                name: told(platform, people, world, await pages(platform, people, selectors))
                for name, selectors in SELECTORS.items()
            }
        finally:
            await platform.close()
    shipped = lines["hybrid"][0]
    return {
        name: {
            "reward": round(float(worth.mean()), 4),
            "over_hybrid": [round(end, 4) for end in mean_interval(worth - shipped)],
            **rest,
        }
        for name, (worth, rest) in lines.items()
    }


def run(scale: Scale) -> None:
    """Writes benchmarks/results/variety.json."""
    prepare(scale)
    people = sorted(np.random.default_rng(3).permutation(scale.users)[:PEOPLE].tolist())
    lines = asyncio.run(measure(scale.home, people))
    command = f"python -m benchmarks variety --users {scale.users} --items {scale.items} --days {scale.days}"
    print(write("variety", command, {"people": PEOPLE, "page": PAGE, "selectors": lines}))
