"""What people see who have just come, on a simulated platform whose truth is known.

`python -m benchmarks cold --users 1000 --items 2000 --days 20 [--home DIR]`

Newcomers are given the tastes of simulated people and none of their history: once with nothing said, once with two
stated interests. A feed's figure is the mean *expected* reward of its first page, by the truth. The shares of what
leads for new users (`feeds.COLD`) were chosen on other people of another simulation.
"""

import asyncio
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.bandit import PAGE, Platform, World, world_of
from benchmarks.results_file import write
from benchmarks.serving import Scale, prepare
from socialflow.content.records import User
from socialflow.evaluation.bootstrap import mean_interval
from socialflow.recommendation.records import FeedQuery

PEOPLE = 300
SAID = ("nothing", "interests")
FEEDS = ("trending", "hybrid")


@dataclass(frozen=True, slots=True)
class Newcomers:
    """People of a platform copy who have the tastes, but not the past, of `people`."""

    platform: Platform
    people: Sequence[int]

    async def arrive(self) -> None:
        """Store them with what they say of themselves."""
        config, now = self.platform.world.truth.config, self.platform.clock.now()
        async with self.platform.store.write() as unit:
            keys = await unit.users.keys([config.user_id(person) for person in self.people])
            stored = await unit.users.by_keys(list(keys.values()))
            models = [stored[keys[config.user_id(person)]] for person in self.people]
            for said in SAID:
                users = [
                    User(name, name, now, locale=model.locale, interests=model.interests if said == "interests" else ())
                    for name, model in zip(self.names(said), models, strict=True)
                ]
                await unit.users.upsert(users)

    def names(self, said: str) -> list[str]:
        """Their ids."""
        return [f"{said}-{person}" for person in self.people]

    async def rewards(self, said: str, algorithm: str) -> np.ndarray:
        """Expected reward (people,) of the first page of each."""
        names = self.names(said)
        viewers = await self.platform.service.viewers(names)
        asked = [(FeedQuery(user_id=name, algorithm=algorithm, page_size=PAGE), viewers[name]) for name in names]
        ranked = await self.platform.service.rank_many(asked)
        pages = [[self.platform.items[entry.item_id] for entry in one.impression.entries] for one in ranked]
        return self.worth(pages)

    async def popular(self) -> np.ndarray:
        """Expected reward (people,) of the items with the most positive weight, the same for all."""
        live = (await self.platform.service.present()).live
        popularity = np.where(live.corpus.visible(), live.activity.popularity(live.corpus.size), -1.0)
        best = np.argsort(-popularity, kind="stable")[:PAGE]
        page = [self.platform.items[str(live.corpus.ids[key])] for key in best.tolist()]
        return self.worth([page] * len(self.people))

    def worth(self, pages: Sequence[Sequence[int]]) -> np.ndarray:
        pairs = zip(self.people, pages, strict=True)
        return np.array([self.platform.world.expected(person, page) for person, page in pairs])


async def measure(home: Path, world: World, people: Sequence[int]) -> dict[str, np.ndarray]:
    """Rewards (people,) of popularity and of every feed for whatever they said."""
    with tempfile.TemporaryDirectory(prefix="socialflow-") as folder:
        platform = Platform(home, Path(folder), world)
        newcomers = Newcomers(platform, people)
        await newcomers.arrive()
        await platform.service.start()
        try:
            rewards = {"popularity": await newcomers.popular()}
            for algorithm in FEEDS:
                for said in SAID:
                    rewards[f"{algorithm}, {said} said"] = await newcomers.rewards(said, algorithm)
            return rewards
        finally:
            await platform.close()


def told(rewards: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """Means, and how far each lies above popularity, person by person, with 95 % intervals."""
    floor = rewards["popularity"]
    return {
        name: {
            "reward": round(float(values.mean()), 4),
            "over_popularity": [round(end, 4) for end in mean_interval(values - floor)],
        }
        for name, values in rewards.items()
    }


def run(scale: Scale) -> None:
    """Writes benchmarks/results/cold.json."""
    prepare(scale)
    people = sorted(np.random.default_rng(3).permutation(scale.users)[:PEOPLE].tolist())
    figures = told(asyncio.run(measure(scale.home, world_of(scale.home), people)))
    command = f"python -m benchmarks cold --users {scale.users} --items {scale.items} --days {scale.days}"
    print(write("cold", command, {"people": len(people), "page": PAGE, "feeds": figures}))
