"""`smart`: which algorithm answers whom, drawn by Thompson sampling and learnt from what people do with the answers."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np

from socialflow.content.records import User
from socialflow.errors import Conflict, InvalidInput
from socialflow.ids import UserKey
from socialflow.kit.answers import Provenance, Tier
from socialflow.kit.clock import Clock, to_micros
from socialflow.kit.defaults import resident, started
from socialflow.recommendation import answers, feeds
from socialflow.recommendation.context import FeedSettings, Viewer
from socialflow.recommendation.log import MICROS
from socialflow.recommendation.person_rewards import Person
from socialflow.recommendation.ports import RecommendationStore, RecommendationUnit
from socialflow.recommendation.records import Choice, FeedQuery, Impression
from socialflow.recommendation.rewards import WINDOW, Due, Reaction, reward_of
from socialflow.recommendation.thompson import ThompsonSampling
from socialflow.recommendation.value_model import Weigher

MAX_REWARD = 1000.0
"""Greatest reward, either way, that a caller may tell of."""
_ATTEMPTS = 5
_TURN = 20
"""Choices made before other calls have a turn on the loop; each takes about a millisecond."""
_HOURS = ("night", "morning", "afternoon", "evening")
_SURFACES = frozenset({"feed", "category", "recommendations"})
_DEVICES: Mapping[str, str] = {
    "phone": "phone", "mobile": "phone", "ios": "phone", "android": "phone",
    "tablet": "tablet", "web": "web", "desktop": "web", "browser": "web",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class BanditParts:
    """What a bandit works with. `arms`: names of the feeds that can be served now."""

    store: RecommendationStore
    clock: Clock
    arms: Callable[[], Sequence[str]]
    settings: FeedSettings
    seed: int | None = None
    """Of the draws; None draws differently in every process."""


class MultiArmedBandit:
    """Chooses the algorithm for a person, and learns from rewards; what it learns is shared by all processes.

    Beliefs lie in the store under a revision: every process looks at the revision before it chooses, and what is learnt
    is saved only if nothing else was saved meanwhile.

    Args:
        parts: what to work with; without it, the platform which the environment's settings describe.
    """

    def __init__(self, parts: BanditParts | None = None) -> None:
        self._parts = parts
        self._rng = np.random.default_rng(None if parts is None else parts.seed)
        self._revision = -1
        self._beliefs = ThompsonSampling()

    async def select_algorithm(self, user_id: str) -> str:
        """Draw the algorithm for a user's next list. Raises UserNotFound, Erased, StoreUnavailable."""
        if self._parts is None:
            return await resident().run(_elsewhere(lambda bandit: bandit.select_algorithm(user_id)))
        async with self._parts.store.read() as unit:
            user = await unit.users.get(user_id)
            (choice,) = await self.choose(unit, [(FeedQuery(surface="recommendations"), Viewer(user))])
        return choice.arm

    async def update_reward(self, user_id: str, algorithm: str, reward: float) -> None:
        """Tell what an algorithm earned from a user, where that is not seen from interactions.

        Do not use it for answers of `smart` whose request id goes with the interactions: they are learnt from already.
        Raises InvalidInput, UserNotFound, Erased, StoreUnavailable.
        """
        if self._parts is None:
            await resident().run(_elsewhere(lambda bandit: bandit.update_reward(user_id, algorithm, reward)))
            return
        if algorithm not in feeds.FEEDS:
            raise InvalidInput(f"algorithm must be one of {', '.join(sorted(feeds.FEEDS))}", field="algorithm")
        if not abs(reward) <= MAX_REWARD:
            raise InvalidInput(f"a reward must be from -{MAX_REWARD:g} to {MAX_REWARD:g}", field="reward")

        async def learn(unit: RecommendationUnit, learning: "_Learning") -> None:
            user = await unit.users.get(user_id)
            learning.people.update(await unit.bandit.people([user.key]))
            learning.take(user, algorithm, (), reward, self._now())

        await self._learn(learn)

    async def choose(self, unit: RecommendationUnit, asked: Sequence[tuple[FeedQuery, Viewer]]) -> list[Choice]:
        """Draw an algorithm for each question. A person who bars personalising is chosen for as somebody unknown."""
        parts = self._given()
        if await unit.bandit.revision() != self._revision:
            self._revision, state = await unit.bandit.population()
            self._beliefs = ThompsonSampling().restore(state)
        revision, beliefs = self._revision, self._beliefs
        keys = {viewer.user.key for _, viewer in asked if viewer.user is not None and viewer.personalise}
        people = await unit.bandit.people(keys)
        arms, choices = parts.arms(), []
        for number, (query, viewer) in enumerate(asked):
            if number % _TURN == _TURN - 1:
                await asyncio.sleep(0)
            context = self._context(query, viewer)
            person = None if viewer.user is None else people.get(viewer.user.key)
            chances = beliefs.propensities(arms, context, person)
            drawn = self._rng.choice(len(arms), p=list(chances.values()))
            choices.append(Choice(arms[drawn], context, chances, revision))
        return choices

    async def decide(self, asked: Sequence[tuple[FeedQuery, Viewer]]) -> list["Decided"]:
        """Choose for those questions that leave the algorithm to `smart`. Raises StoreUnavailable."""
        smart = [one for one in asked if one[0].algorithm == feeds.SMART]
        choices: Iterator[Choice] = iter(())
        if smart:
            async with self._given().store.read() as unit:
                choices = iter(await self.choose(unit, smart))
        return [
            Decided(query, viewer, next(choices) if query.algorithm == feeds.SMART else None) for query, viewer in asked
        ]

    async def decide_one(
        self, unit: RecommendationUnit, query: FeedQuery, viewer: Viewer, pages: Sequence[Impression]
    ) -> "Decided":
        """The same for one question whose earlier pages these are: they keep their algorithm."""
        if query.algorithm != feeds.SMART:
            return Decided(query, viewer)
        kept = next((page.choice for page in pages if page.choice is not None), None)
        if kept is not None:
            return Decided(query, viewer, kept, first=False)
        (choice,) = await self.choose(unit, [(query, viewer)])
        return Decided(query, viewer, choice)

    async def settle(self, limit: int = 500) -> int:
        """Learn from the choices whose rewards have closed, at most `limit`; returns from how many.

        Each counts once, whatever dies or races. Raises StoreUnavailable; Conflict where others learnt all the time.
        """
        told = 0

        async def learn(unit: RecommendationUnit, learning: "_Learning") -> None:
            nonlocal told
            due = await unit.bandit.due(self._given().clock.now(), limit)
            told = len(due)
            keys = {one.user for one in due}
            learning.people.update(await unit.bandit.people(keys))
            reactions = await unit.bandit.reactions(due)
            users = await unit.users.by_keys(keys)
            weigh = Weigher(await unit.value_models.active())
            await asyncio.to_thread(learning.take_all, due, reactions, users, weigh)

        await self._learn(learn)
        return told

    async def warm_start(self, means: Mapping[str, float], *, weight: float = 20.0) -> None:
        """Begin algorithms that nothing is known of at these mean rewards, as if `weight` rewards had said so.

        Raises InvalidInput for what is no algorithm or no usable figure.
        """
        if unknown := sorted(means.keys() - feeds.FEEDS.keys()):
            raise InvalidInput(f"{unknown[0]!r} is no algorithm; there are {', '.join(feeds.FEEDS)}", field="means")
        if not all(abs(mean) <= MAX_REWARD for mean in means.values()) or not 0 < weight <= 1e6:
            raise InvalidInput("means and weight must be finite and of a sensible size", field="means")

        async def learn(_: RecommendationUnit, learning: "_Learning") -> None:
            fresh = {arm: mean for arm, mean in means.items() if arm not in learning.beliefs.arms}
            learning.beliefs.warm_start(fresh, weight=weight)
            learning.changed = bool(fresh)

        await self._learn(learn)

    async def beliefs(self) -> dict[str, tuple[float, float]]:
        """Mean and standard deviation of what is believed of each algorithm's reward from an unknown person."""
        async with self._given().store.read() as unit:
            _, state = await unit.bandit.population()
        now = ThompsonSampling().restore(state)
        return {arm: now.expected(arm) for arm in now.arms}

    async def _learn(self, learn: Callable[[RecommendationUnit, "_Learning"], Awaitable[None]]) -> None:
        """Read, learn, and save if nobody else did meanwhile; else all of it again."""
        parts = self._given()
        for attempt in range(_ATTEMPTS):
            async with parts.store.read() as unit:
                revision, state = await unit.bandit.population()  # first: what is read after it cannot be older
                learning = _Learning(ThompsonSampling().restore(state))
                await learn(unit, learning)
            if not learning.changed:
                return
            try:
                async with parts.store.write() as unit:
                    await unit.bandit.save(revision, learning.beliefs.state(), learning.touched, learning.rewards)
            except Conflict:
                if attempt + 1 == _ATTEMPTS:
                    raise
            else:
                return

    def _context(self, query: FeedQuery, viewer: Viewer) -> tuple[str, ...]:
        parts = self._given()
        rows = len(viewer.rows) if viewer.personalise else 0
        history = "none" if not rows else "short" if rows < parts.settings.cold_start_threshold else "long"
        device = _DEVICES.get((query.device or "").lower(), "other")
        surface = query.surface if query.surface in _SURFACES else "other"
        hours = _HOURS[parts.clock.now().hour // 6]
        return (f"surface:{surface}", f"device:{device}", f"hours:{hours}", f"history:{history}")

    def _given(self) -> BanditParts:
        if self._parts is None:
            raise InvalidInput("this bandit has no parts of its own; use select_algorithm and update_reward")
        return self._parts

    def _now(self) -> float:
        return to_micros(self._given().clock.now()) / MICROS


class _Learning:
    """Rewards taken in over a state that was read."""

    def __init__(self, beliefs: ThompsonSampling) -> None:
        self.beliefs = beliefs
        self.people: dict[UserKey, Person] = {}
        self.touched: dict[UserKey, Person] = {}
        self.rewards: dict[tuple[str, int], float] = {}
        self.changed = False

    def take(self, user: User, arm: str, context: Sequence[str], reward: float, at: float) -> None:
        """One reward; it counts for the person, for everybody, both or neither, as the person permits."""
        self.changed = True
        person = self.people.get(user.key) if user.privacy.personalise else None
        if user.privacy.train or user.privacy.personalise:
            known = self.beliefs.learn(arm, context, reward, at=at, person=person, for_all=user.privacy.train)
            if user.privacy.personalise:
                self.people[user.key] = self.touched[user.key] = known

    def take_all(
        self,
        due: Sequence[Due],
        reactions: Mapping[str, Sequence[Reaction]],
        users: Mapping[UserKey, User],
        weigh: Weigher,
    ) -> None:
        """The rewards of choices, in order."""
        for one in due:
            reward = reward_of(one, reactions.get(one.request_id, ()), weigh)
            self.rewards[one.request_id, one.page] = reward
            self.changed = True
            if one.user in users:
                self.take(users[one.user], one.arm, one.context, reward, to_micros(one.at) / MICROS)


@dataclass(frozen=True, slots=True)
class Decided:
    """A question, and what `smart` chose to answer it with; no choice where the question names its algorithm."""

    query: FeedQuery
    viewer: Viewer
    choice: Choice | None = None
    first: bool = True
    """Whether the page to come is the first, which stands for the reward."""

    @property
    def plain(self) -> FeedQuery:
        """The question to the algorithm itself."""
        return self.query if self.choice is None else replace(self.query, algorithm=self.choice.arm)

    def signed(self, made: Impression) -> Impression:
        """An answer to `plain` as the answer to the question."""
        if self.choice is None:
            return made
        tier = Tier.TRAINED if self.choice.revision else Tier.HEURISTIC
        by = Provenance("multi_armed_bandit", str(self.choice.revision), tier)
        return replace(
            made,
            algorithm=self.query.algorithm,
            query_digest=answers.digest(self.query),
            provenance=(*made.provenance, by),
            choice=self.choice,
            rewarded_until=made.at + WINDOW if self.first and made.user is not None else None,
        )


class _Service(Protocol):
    @property
    def bandit(self) -> MultiArmedBandit: ...
    def readiness(self) -> Any: ...
    async def start(self) -> None: ...


class _Home(Protocol):
    @property
    def recommendation(self) -> _Service: ...


def _elsewhere(use: Callable[[MultiArmedBandit], Awaitable[Any]]) -> Callable[[_Home], Awaitable[Any]]:
    """The same by the bandit of the resident platform."""

    async def work(home: _Home) -> Any:
        await started(home.recommendation)
        return await use(home.recommendation.bandit)

    return work
