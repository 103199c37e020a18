"""A simulated platform is the same for the same seed, and behaves as its ground truth says."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from tests.unit.intake.fake_store import FakeStore

from socialflow.content.records import INTERACTION_TYPES, InteractionType, ItemKind, ModerationStatus, Role
from socialflow.errors import ArtefactError, Conflict, InvalidInput
from socialflow.simulation import Behaviour, SimulationConfig, SimulationReport, Truth, load_truth, simulate_into
from socialflow.simulation.sessions import BY_SHARE, Sessions
from socialflow.simulation.vocabulary import SENTENCES, TITLE_FORMS, TOPICS
from socialflow.simulation.wording import Writer, username
from socialflow.simulation.world import World, build_world

CONFIG = SimulationConfig(users=400, items=600, days=10, seed=3, until=datetime(2024, 5, 1, 12, tzinfo=UTC))


async def simulated(config: SimulationConfig, path: Path) -> tuple[FakeStore, SimulationReport, Truth]:
    store = FakeStore()
    report = await simulate_into(store, config, path / "truth.npz")
    return store, report, load_truth(path / "truth.npz")


class TestOneSeedOnePlatform:
    async def test_equal_configurations_make_equal_platforms(self, tmp_path: Path) -> None:
        small = replace(CONFIG, users=60, items=80, days=3)
        first, _, _ = await simulated(small, tmp_path / "a")
        second, _, _ = await simulated(small, tmp_path / "b")
        for place in ("users", "channels", "items", "interactions", "graph"):
            assert getattr(first, place).rows == getattr(second, place).rows
            assert getattr(first, place).rows

    async def test_another_seed_makes_another_platform(self, tmp_path: Path) -> None:
        small = replace(CONFIG, users=60, items=80, days=3)
        first, _, _ = await simulated(small, tmp_path / "a")
        other, _, _ = await simulated(replace(small, seed=4), tmp_path / "b")
        assert not first.users.rows.keys() & other.users.rows.keys()
        assert [item.title for item in first.items.rows.values()] != [item.title for item in other.items.rows.values()]

    async def test_repeating_adds_nothing(self, tmp_path: Path) -> None:
        small = replace(CONFIG, users=60, items=80, days=3)
        store = FakeStore()
        first = await simulate_into(store, small, tmp_path / "truth.npz")
        again = await simulate_into(store, small, tmp_path / "truth.npz")
        assert (again.stored, again.duplicates) == (0, first.stored)

    async def test_two_simulations_of_one_seed_do_not_mix(self, tmp_path: Path) -> None:
        small = replace(CONFIG, users=60, items=80, days=3)
        store = FakeStore()
        await simulate_into(store, small, tmp_path / "truth.npz")
        with pytest.raises(Conflict, match="another seed"):
            await simulate_into(store, replace(small, days=4), tmp_path / "truth.npz")


class TestThePlatform:
    async def test_everything_fits_together_and_is_marked(self, tmp_path: Path) -> None:
        store, report, _ = await simulated(CONFIG, tmp_path)
        items, users = store.items.rows.values(), store.users.rows
        assert report.rejected == 0
        assert (report.users, report.items, len(users), len(items)) == (400, 600, 400, 600)
        assert report.stored == len(store.interactions.rows) == sum(report.by_type.values())
        assert all(item.simulated and item.moderation_status is ModerationStatus.APPROVED for item in items)
        assert all(users[item.author].role is Role.CREATOR for item in items if item.author)
        assert {item.kind for item in items} == {ItemKind.VIDEO, ItemKind.POST}
        assert {item.category for item in items} <= {topic.category for topic in TOPICS}
        assert len({user.username for user in users.values()}) == 400

    async def test_time_ends_at_the_given_instant_and_items_are_new_until_then(self, tmp_path: Path) -> None:
        store, _, _ = await simulated(CONFIG, tmp_path)
        times = [row.at for row in store.interactions.rows.values()]
        assert max(times) <= CONFIG.until
        assert (CONFIG.until - max(times)).days == 0
        assert (CONFIG.until - max(item.created_at for item in store.items.rows.values())).days == 0

    async def test_nobody_acts_on_an_item_before_it_exists(self, tmp_path: Path) -> None:
        store, _, _ = await simulated(CONFIG, tmp_path)
        items, users = store.items.rows, store.users.rows
        for row in store.interactions.rows.values():
            assert items[row.item].created_at < row.at
            assert users[row.user].created_at < row.at

    async def test_nothing_is_shown_to_a_user_twice(self, tmp_path: Path) -> None:
        _, _, truth = await simulated(CONFIG, tmp_path)
        pairs = truth.exposures.users.astype(np.int64) * CONFIG.items + truth.exposures.items
        assert len(np.unique(pairs)) == len(pairs)


class TestBehaviourIsThere:
    @pytest.fixture
    def world(self) -> World:
        return build_world(replace(CONFIG, users=3000, items=3000), np.random.default_rng(1))

    @pytest.fixture
    async def truth(self, tmp_path: Path) -> Truth:
        return (await simulated(replace(CONFIG, users=1500, items=1000), tmp_path))[2]

    async def test_position_bias_is_the_one_that_was_set(self, truth: Truth) -> None:
        seen = truth.exposures
        rates = np.array([seen.examined[seen.positions == place].mean() for place in range(CONFIG.slots)])
        expected = truth.behaviour.examination(np.arange(CONFIG.slots))
        assert np.abs(rates - expected).max() < 0.05
        assert rates[0] > 2.5 * rates[-1]

    async def test_tastes_predict_likes(self, truth: Truth) -> None:
        seen = truth.exposures
        users, items = seen.users[seen.examined].astype(np.int64), seen.items[seen.examined].astype(np.int64)
        fit, liked = truth.match(users, items, 0.5), seen.liked[seen.examined]
        assert liked[fit > 0.5].mean() > 4 * liked[fit < 0.1].mean()
        expected = truth.probability(InteractionType.LIKE, users, items, 0.5)
        assert expected.mean() == pytest.approx(liked.mean(), rel=0.1)

    async def test_propensities_are_those_of_the_draws(self, truth: Truth) -> None:
        seen = truth.exposures
        feed = seen.positions != BY_SHARE
        assert np.isnan(seen.propensity[~feed]).all()
        assert (seen.propensity[feed] > 0).all()
        assert (seen.propensity[feed] <= 1).all()
        # The first slot of the first day is one draw from all items there are; E[1 / p] is then their number.
        first = (seen.days == 0) & (seen.positions == 0)
        there = (truth.world.created_at < truth.config.starts_at).sum()
        assert (1.0 / seen.propensity[first]).mean() == pytest.approx(there, rel=0.1)

    async def test_shares_travel_along_follows(self, truth: Truth) -> None:
        world, seen = truth.world, truth.exposures
        assert (seen.positions == BY_SHARE).any()
        followed = np.diff(world.follow_starts) > 0
        reached = set(seen.users[seen.positions == BY_SHARE].tolist())
        assert reached <= set(world.followers.tolist())
        assert followed.any()

    async def test_popularity_is_heavy_tailed(self, truth: Truth) -> None:
        counts = np.sort(np.bincount(truth.exposures.items, minlength=1000))[::-1]
        assert counts[:100].sum() > 0.25 * counts.sum()
        assert counts[0] > 4 * np.median(counts)

    def test_few_are_followed_by_many(self, world: World) -> None:
        followers = np.sort(np.diff(world.follow_starts))[::-1]
        assert followers[0] > 6 * followers.mean()

    def test_people_follow_their_like(self, world: World) -> None:
        main = world.taste_start.argmax(axis=1)
        followed = np.repeat(np.arange(3000), np.diff(world.follow_starts))
        alike = (main[followed] == main[world.followers]).mean()
        by_chance = (np.bincount(main) / 3000) @ (np.bincount(main) / 3000)
        assert alike > 3 * by_chance

    def test_tastes_drift(self, world: World) -> None:
        users = np.arange(3000)
        moved = np.abs(world.taste(users, 1.0) - world.taste(users, 0.0)).sum(axis=1)
        assert moved.mean() > 0.3
        assert world.taste(users, 0.5).sum(axis=1) == pytest.approx(1.0, abs=1e-5)

    def test_evenings_are_busier_than_mornings(self) -> None:
        config = replace(CONFIG, users=1500, items=500, days=3)
        rng = np.random.default_rng(5)
        logs = [log for log, _ in Sessions(config, build_world(config, rng), Behaviour(), rng).days()]
        hours = np.concatenate([log.at for log in logs]) // 3_600_000_000 % 24
        assert np.isin(hours, [19, 20, 21]).sum() > 4 * np.isin(hours, [6, 7, 8]).sum()

    def test_a_days_log_is_in_time_order(self) -> None:
        config = replace(CONFIG, users=300, items=200, days=2)
        rng = np.random.default_rng(5)
        for log, _ in Sessions(config, build_world(config, rng), Behaviour(), rng).days():
            assert (np.diff(log.at) >= 0).all()
            views = log.types == INTERACTION_TYPES.index(InteractionType.VIEW)
            assert ((log.values[views] >= 0.12) & (log.values[views] <= 1.0)).all()


class TestWords:
    def test_all_templates_fit_all_topics(self) -> None:
        slots = {"adjective", "Article", "subjects", "Subjects", "doing", "Doing", "setting", "Number", "number"}
        words = Writer(np.random.default_rng(0))
        for topic in range(len(TOPICS)):
            for _ in range(50):
                said = words.item(topic, None)
                assert "{" not in said.title + said.description
                assert said.title[0].isupper()
                assert said.tags[0] == TOPICS[topic].name
        assert all(form.format(**dict.fromkeys([*slots, "thing", "other"], "x")) for form in TITLE_FORMS + SENTENCES)

    def test_titles_vary(self) -> None:
        words = Writer(np.random.default_rng(0))
        titles = {words.item(number % len(TOPICS), None).title for number in range(2000)}
        assert len(titles) > 1500

    def test_usernames_differ(self) -> None:
        assert len({username(number, seed) for number in range(1000) for seed in range(3)}) == 3000


class TestSmallAndWrong:
    @pytest.mark.parametrize(
        "changes", [{"users": 1}, {"items": 0}, {"days": 0}, {"seed": -1}, {"slots": 0}, {"drift": 2.0}]
    )
    def test_sizes_that_cannot_be_are_refused(self, changes: dict) -> None:
        with pytest.raises(InvalidInput) as refused:
            replace(CONFIG, **changes)
        assert refused.value.field == next(iter(changes))

    async def test_the_smallest_platform(self, tmp_path: Path) -> None:
        store, report, truth = await simulated(replace(CONFIG, users=2, items=1, days=1), tmp_path)
        assert len(store.items.rows) == 1
        assert report.stored == len(store.interactions.rows)
        assert truth.config == replace(CONFIG, users=2, items=1, days=1)

    def test_a_missing_or_damaged_truth_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(ArtefactError):
            load_truth(tmp_path / "none.npz")
