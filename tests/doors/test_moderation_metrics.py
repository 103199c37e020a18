"""What `/metrics` tells of moderation, whoever decided."""

import httpx
import pytest

from socialflow.content.records import ModerationStatus
from socialflow.errors import StoreUnavailable
from socialflow.moderation.figures import FEWEST_JUDGED_TWICE, JudgedTwice, ModerationFigures
from socialflow.storage.repositories import figures as repository
from tests.doors.fakes import FakePlatform
from tests.doors.reviewing import Bench


@pytest.fixture
def bench(platform: FakePlatform, client: httpx.AsyncClient) -> Bench:
    bench = Bench(platform, client)
    bench.clock.at = platform.clock.now()
    return bench


async def scraped(client: httpx.AsyncClient) -> list[str]:
    return (await client.get("/metrics")).text.splitlines()


class TestModeration:
    async def test_what_was_decided_and_what_waits(self, client: httpx.AsyncClient, bench: Bench) -> None:
        await bench.decided("p-1")
        await bench.decided("p-2", ModerationStatus.REVIEW_REQUIRED)
        lines = await scraped(client)
        assert 'socialflow_moderation_decided_recently{by="service",status="rejected"} 1.0' in lines
        assert 'socialflow_moderation_decided_recently{by="service",status="review_required"} 1.0' in lines
        assert any(line.startswith('socialflow_review_waiting{level="0",queue="default/') for line in lines)
        assert any(line.startswith('socialflow_review_oldest_seconds{level="0",queue="default/') for line in lines)
        assert "socialflow_moderation_pending 1.0" in lines  # i-3 of the platform
        assert "socialflow_appeals_open 0.0" in lines
        assert not [line for line in lines if line.startswith("socialflow_review_agreement{")]

    async def test_agreement_where_there_is_enough_of_it(
        self, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def twice(_self: object, _since: object) -> list[JudgedTwice]:
            rows = (("approved", "approved"), ("rejected", "rejected"))
            return [JudgedTwice("default", *row, FEWEST_JUDGED_TWICE) for row in rows]

        monkeypatch.setattr(repository.ModerationFigures, "judged_twice", twice)
        lines = await scraped(client)
        assert 'socialflow_review_agreement{scope="default"} 1.0' in lines
        assert f'socialflow_review_agreement_items{{scope="default"}} {2 * FEWEST_JUDGED_TWICE}.0' in lines

    async def test_a_store_that_is_away_is_not_told_as_idle(
        self, client: httpx.AsyncClient, bench: Bench, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await bench.decided("p-1")
        await scraped(client)

        async def away(_self: object) -> None:
            raise StoreUnavailable("gone")

        monkeypatch.setattr(ModerationFigures, "read", away)
        lines = await scraped(client)
        assert "socialflow_moderation_pending NaN" in lines
        assert "socialflow_appeals_open NaN" in lines
        assert not [line for line in lines if line.startswith("socialflow_moderation_decided_recently{")]
        assert "socialflow_store_up 1.0" in lines
