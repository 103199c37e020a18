"""Recommendations of many users as a file."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson
import pytest
from tests.fakes import NOW, FakeStore, ago
from tests.unit.pipelines.runs import FakeRun

from socialflow.errors import InvalidInput, UserNotFound
from socialflow.ids import ItemKey
from socialflow.jobs.records import PipelineType
from socialflow.kit.answers import Provenance, Status, Tier
from socialflow.kit.clock import FixedClock
from socialflow.pipelines.inference import BatchInference, forget
from socialflow.pipelines.live import ActiveUsers, LiveRecommender
from socialflow.pipelines.precompute import CHUNK
from socialflow.recommendation.records import FeedEntry, FeedQuery, Impression

USERS = [f"u{n}" for n in range(1, 201)]


class Ranking:
    """Answers everybody with one item; knows no ghosts."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def __call__(self, queries: Sequence[FeedQuery]) -> Sequence[Impression]:
        await asyncio.sleep(0)
        if any(query.user_id == "ghost" for query in queries):
            raise UserNotFound("no user has the id ghost")
        self.asked += [query.user_id or "" for query in queries]
        return [self._answer() for _ in queries]

    @staticmethod
    def _answer() -> Impression:
        entry = FeedEntry(ItemKey(1), "i1", 0.5, 1, "popular", "popular")
        made = (Provenance("item_item", "0001", Tier.TRAINED),)
        return Impression(
            "r", 1, 20, None, "recommendations", "hybrid", "", NOW, (entry,), Status.PARTIAL, ("model:als",), made
        )


@pytest.fixture
def ranking() -> Ranking:
    return Ranking()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "inference"


@pytest.fixture
def infer(
    ranking: Ranking, live: LiveRecommender, fake_store: FakeStore, clock: FixedClock, folder: Path
) -> BatchInference:
    fake_store.item(1)
    for n in range(1, 4):
        fake_store.user(n)
        fake_store.act(n, 1, at=ago(minutes=n))
    return BatchInference(ranking, ActiveUsers(live, fake_store, clock), folder)


def job(**config: object) -> FakeRun:
    return FakeRun(PipelineType.BATCH_INFERENCE, config)


def rows(folder: Path, name: str = "job-1.jsonl") -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in (folder / name).read_bytes().splitlines()]


class TestTheFile:
    async def test_has_a_line_for_every_user(self, infer: BatchInference, folder: Path) -> None:
        outcome = await infer(job(user_ids=[*USERS, "u1"], limit=5))
        assert [row["user_id"] for row in rows(folder)] == USERS
        assert rows(folder)[0] == {
            "user_id": "u1",
            "items": [{"id": "i1", "score": 0.5}],
            "status": "partial",
            "missing": ["model:als"],
            "made_by": [{"model": "item_item", "version": "0001"}],
        }
        assert outcome.result["file"] == "inference/job-1.jsonl"
        assert outcome.result["bytes"] == (folder / "job-1.jsonl").stat().st_size

    async def test_is_of_the_active_users_where_none_are_named(self, infer: BatchInference, folder: Path) -> None:
        await infer(job(max_users=2))
        assert [row["user_id"] for row in rows(folder)] == ["u1", "u2"]

    async def test_leaves_out_who_is_unknown_and_says_so(self, infer: BatchInference, folder: Path) -> None:
        outcome = await infer(job(user_ids=["u1", "ghost", "u2"]))
        assert [row["user_id"] for row in rows(folder)] == ["u1", "u2"]
        assert outcome.partial
        assert outcome.result["failed"] == 1

    async def test_a_wrong_configuration_leaves_no_file(self, infer: BatchInference, folder: Path) -> None:
        with pytest.raises(InvalidInput, match=r"there are: .*user_ids"):
            await infer(job(users=["u1"]))
        assert not list(folder.glob("*"))  # noqa: ASYNC240


class TestARunCutShort:
    async def test_is_gone_on_with(self, infer: BatchInference, ranking: Ranking, folder: Path) -> None:
        with pytest.raises(asyncio.CancelledError):
            await infer(FakeRun(PipelineType.BATCH_INFERENCE, {"user_ids": USERS}, cancel_at=30))
        with (folder / "job-1.jsonl.part").open("ab") as stream:
            stream.write(b'{"user_id": "u99", "ite')  # the process was killed here
        ranking.asked.clear()
        outcome = await infer(job(user_ids=USERS))
        assert ranking.asked == USERS[CHUNK:]
        assert [row["user_id"] for row in rows(folder)] == USERS
        assert (outcome.result["skipped"], outcome.result["done"]) == (CHUNK, len(USERS) - CHUNK)

    async def test_at_its_very_end_asks_nobody_again(self, infer: BatchInference, ranking: Ranking) -> None:
        await infer(job(user_ids=USERS))
        ranking.asked.clear()
        outcome = await infer(job(user_ids=USERS))
        assert ranking.asked == []
        assert outcome.result["skipped"] == len(USERS)


class TestErasure:
    async def test_takes_a_person_out_of_every_file(self, infer: BatchInference, folder: Path) -> None:
        await infer(job(user_ids=USERS))
        (folder / "job-2.jsonl.part").write_bytes(b'{"user_id":"u7","items":[]}\n{"user_id":"u8"}\n{"user_id":"u')
        assert forget(folder, {"u7"}) == 3
        assert "u7" not in {row["user_id"] for row in rows(folder)}
        assert len(rows(folder)) == len(USERS) - 1
        assert (folder / "job-2.jsonl.part").read_bytes() == b'{"user_id":"u8"}\n'
        assert forget(folder, {"u7"}) == 0

    def test_where_there_are_no_files_there_is_nothing_to_do(self, folder: Path) -> None:
        assert forget(folder, {"u7"}) == 0
