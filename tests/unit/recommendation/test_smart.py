"""`smart` as a platform developer sees it: an algorithm is chosen for the person, named, and kept for further pages."""

from collections.abc import Awaitable, Callable

import pytest
from tests.fakes import NOW, FakeModels, FakeStore, ago
from tests.unit.recommendation.cached_process import Process
from tests.unit.recommendation.test_recommendation_service import TITLES, content, item_item, populate

from socialflow.content.records import Privacy
from socialflow.errors import InvalidInput
from socialflow.kit.answers import Tier
from socialflow.recommendation import feeds
from socialflow.recommendation.bandit import MAX_REWARD
from socialflow.recommendation.records import FeedQuery
from socialflow.recommendation.rewards import ITEM_BOUND, WINDOW, Due, Reaction, reward_of
from socialflow.recommendation.service import RecommendationService
from socialflow.recommendation.value_model import DEFAULT_WEIGHTS, Weigher, default_value_model

SMART = FeedQuery(user_id="u5", algorithm="smart", page_size=3)
LOADED = {"hybrid", "trending", "collaborative", "content_based", "item_item"}


@pytest.fixture
async def service(store: FakeStore, models: FakeModels, service_of) -> RecommendationService:
    populate(store)
    store.act(5, 1, at=ago(hours=3))
    models.activate(item_item(store))
    models.activate(content(TITLES))
    return await service_of(store, bandit_seed=7)


async def told(service: RecommendationService, arm: str) -> None:
    """Beliefs that leave no doubt."""
    await service.bandit.warm_start({name: 500.0 * (name == arm) for name in feeds.FEEDS}, weight=1e5)


class TestChoosing:
    async def test_an_answer_names_the_arm_and_the_chance_of_every_arm(self, service, store) -> None:
        made = (await service.feed(SMART)).impression
        assert made.algorithm == "smart"
        assert set(made.choice.propensities) == LOADED
        assert sum(made.choice.propensities.values()) == pytest.approx(1.0)
        assert made.arm in LOADED
        assert made.choice.context == ("surface:feed", "device:other", "hours:afternoon", "history:short")
        assert made.rewarded_until == NOW + WINDOW
        assert store.data.impressions[made.request_id, 1] == made
        assert made.provenance[-1].model == "multi_armed_bandit"
        assert made.provenance[-1].tier is Tier.HEURISTIC

    async def test_arms_are_the_feeds_that_can_be_served(self, service, models) -> None:
        models.deactivate("content_based")
        made = (await service.feed(SMART)).impression
        assert set(made.choice.propensities) == LOADED - {"content_based"}

    async def test_what_it_serves_is_what_the_arm_serves(self, service) -> None:
        await told(service, "content_based")
        answers = [(await service.feed(SMART)).impression for _ in range(9)]
        chosen = next(one for one in answers if one.arm == "content_based")
        own = (await service.feed(FeedQuery(user_id="u5", algorithm="content_based", page_size=3))).impression
        assert chosen.entries == own.entries
        assert own.choice is None

    async def test_what_is_believed_leads(self, service) -> None:
        await told(service, "trending")
        made = [(await service.feed(SMART)).impression for _ in range(40)]
        assert sum(one.arm == "trending" for one in made) >= 35
        assert made[0].choice.propensities["trending"] > 0.9
        assert made[0].provenance[-1].tier is Tier.TRAINED

    async def test_every_arm_comes_up_while_nothing_is_known(self, service) -> None:
        assert {(await service.feed(SMART)).impression.arm for _ in range(80)} == LOADED

    async def test_a_seed_repeats_the_draws(self, store, models, service_of, service) -> None:
        again = await service_of(store, bandit_seed=7)
        other = await service_of(store, bandit_seed=8)
        drawn = [[(await one.feed(SMART)).impression.arm for _ in range(12)] for one in (service, again, other)]
        assert drawn[0] == drawn[1] != drawn[2]

    async def test_nobody_is_chosen_for_by_a_history_that_may_not_be_used(self, service, store) -> None:
        store.user(5, privacy=Privacy(personalise=False))
        made = (await service.feed(SMART)).impression
        assert "history:none" in made.choice.context

    async def test_a_stranger_is_answered_and_not_learnt_from(self, service) -> None:
        made = (await service.feed(FeedQuery(algorithm="smart"))).impression
        assert made.choice is not None
        assert made.rewarded_until is None

    @pytest.mark.parametrize(("device", "told"), [("iOS", "phone"), ("desktop", "web"), ("fridge", "other")])
    async def test_devices_by_any_name(self, service, device: str, told: str) -> None:
        made = (await service.feed(FeedQuery(user_id="u5", algorithm="smart", device=device, surface="x"))).impression
        assert made.choice.context[:2] == ("surface:other", f"device:{told}")


class TestPaging:
    async def test_later_pages_keep_the_arm_and_the_first_stands_for_the_reward(self, service) -> None:
        first = (await service.feed(SMART)).impression
        for page in (2, 3):
            query = FeedQuery(user_id="u5", algorithm="smart", page_size=3, page=page, request_id=first.request_id)
            made = (await service.feed(query)).impression
            assert made.choice == first.choice
            assert made.rewarded_until is None
            assert not {entry.item for entry in made.entries} & {entry.item for entry in first.entries}

    async def test_explaining_names_the_arm(self, service) -> None:
        made = (await service.feed(SMART)).impression
        shown = made.entries[0].item_id
        assert (await service.explain(made.request_id, shown, "u5")).arm == made.arm
        below = next(f"i{key}" for key in TITLES if f"i{key}" not in {entry.item_id for entry in made.entries})
        assert (await service.explain(made.request_id, below, "u5")).arm == made.arm
        plain = (await service.feed(FeedQuery(user_id="u5"))).impression
        assert (await service.explain(plain.request_id, shown, "u5")).arm is None


class TestLists:
    async def test_a_kept_list_of_the_arm_serves_smart_too(self, start: Callable[..., Awaitable[Process]]) -> None:
        process = await start()
        await told(process.service, "item_item")
        own = await process.ask(FeedQuery(user_id="u5", algorithm="item_item", page_size=4))
        smart = [await process.ask(FeedQuery(user_id="u5", algorithm="smart", page_size=4)) for _ in range(9)]
        chosen = next(one for one in smart if one.impression.arm == "item_item")
        assert chosen.cached
        assert chosen.impression.entries == own.impression.entries
        assert chosen.impression.algorithm == "smart"
        assert chosen.impression.rewarded_until == chosen.impression.at + WINDOW
        assert len({one.impression.request_id for one in smart}) == 9

    async def test_lists_worked_out_for_nobody_yet_name_their_arm(self, service) -> None:
        viewers = await service.viewers({"u1", "u5"})
        asked = [(FeedQuery(user_id=name, algorithm="smart", page_size=2), viewers[name]) for name in ("u1", "u5")]
        plain = (FeedQuery(user_id="u1", page_size=2), viewers["u1"])
        made = [one.impression for one in await service.rank_many([asked[0], plain, asked[1]])]
        assert [one.algorithm for one in made] == ["smart", "hybrid", "smart"]
        assert [one.arm is None for one in made] == [False, True, False]


class TestTelling:
    async def test_refuses_what_cannot_be_learnt(self, service) -> None:
        for algorithm, reward in (("magic", 1.0), ("als", float("nan")), ("als", 2 * MAX_REWARD)):
            with pytest.raises(InvalidInput):
                await service.bandit.update_reward("u5", algorithm, reward)
        with pytest.raises(InvalidInput):
            await service.bandit.warm_start({"magic": 1.0})

    async def test_a_persons_own_rewards_move_their_own_choices(self, service, store) -> None:
        for _ in range(30):
            for user in ("u1", "u2"):
                await service.bandit.update_reward(user, "hybrid", 8.0 if user == "u1" else 0.0)
                await service.bandit.update_reward(user, "trending", 0.0 if user == "u1" else 8.0)
        answers = {
            user: (await service.feed(FeedQuery(user_id=user, algorithm="smart"))).impression.choice.propensities
            for user in ("u1", "u2")
        }
        assert answers["u1"]["hybrid"] > 2 * answers["u2"]["hybrid"]


class TestRewards:
    DUE = Due("r", 1, 1, "als", (), NOW, NOW + WINDOW, frozenset({1, 2}))
    WEIGH = Weigher(default_value_model())

    def reward(self, *reactions: Reaction) -> float:
        return reward_of(self.DUE, reactions, self.WEIGH)

    def test_nothing_done_is_nothing_earned(self) -> None:
        assert self.reward() == 0.0

    def test_weights_of_the_value_model_over_the_items_shown(self) -> None:
        codes = {kind.value: code for code, kind in enumerate(DEFAULT_WEIGHTS)}
        like, share, view = codes["like"], codes["share"], codes["view"]
        assert self.reward(Reaction(1, like, 1.0), Reaction(2, view, 0.5)) == pytest.approx(1.5)
        assert self.reward(Reaction(1, like, 1.0), Reaction(1, like, 1.0)) == pytest.approx(1.0)
        assert self.reward(Reaction(9, share, 1.0)) == 0.0

    def test_one_item_is_bounded_either_way(self) -> None:
        every = [Reaction(1, code, 1.0) for code, kind in enumerate(DEFAULT_WEIGHTS) if DEFAULT_WEIGHTS[kind] > 0]
        against = [Reaction(2, code, 1.0) for code, kind in enumerate(DEFAULT_WEIGHTS) if DEFAULT_WEIGHTS[kind] < 0]
        assert self.reward(*every) == pytest.approx(ITEM_BOUND)
        assert self.reward(*against) == pytest.approx(-ITEM_BOUND)
