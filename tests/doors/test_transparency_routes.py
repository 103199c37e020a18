"""Transparency over REST: counts of a period, statements in pages and one by one."""

from datetime import datetime, timedelta

import httpx
import pytest

from socialflow.moderation.transparency.dsa import FIELDS
from tests.doors.conftest import SERVICE
from tests.doors.fakes import FakePlatform
from tests.unit.moderation.decided import ADA, APPROVED, REJECTED, new

URL = "/api/v1/moderation/transparency"


@pytest.fixture
async def decided(platform: FakePlatform) -> None:
    """Two texts rejected, the first of them by mistake; one approved."""
    decisions = platform.moderation.decisions
    first = await decisions.record(new("c1", REJECTED))
    await decisions.record(new("c2", REJECTED))
    await decisions.record(new("c3", APPROVED))
    await decisions.record(new("c1", APPROVED, actor=ADA, supersedes=first.id))


@pytest.mark.usefixtures("decided")
class TestCounts:
    async def test_of_the_last_days(self, client: httpx.AsyncClient) -> None:
        counts = (await client.get(URL, headers=SERVICE, params={"until": "2100-01-01T00:00:00Z"})).json()
        assert counts["decisions"] == 0
        counts = (
            await client.get(URL, headers=SERVICE, params={"since": "2026-01-01T00:00:00Z", "until": _tomorrow()})
        ).json()
        assert (counts["decisions"], counts["statements"]) == (4, 2)
        assert counts["by_outcome"] == {"approved": 2, "rejected": 2}
        assert counts["by_automation"] == {"fully": 3, "partially": 1}
        assert counts["by_reason"] == {"toxicity": 2}
        assert (counts["reviewed"], counts["reversed"], counts["reversal_rate"]) == (1, 1, 1.0)
        assert counts["median_seconds"]["appeal"] is None

    async def test_a_period_that_ends_before_it_begins(self, client: httpx.AsyncClient) -> None:
        period = {"since": "2026-02-01T00:00:00Z", "until": "2026-01-01T00:00:00Z"}
        answer = await client.get(URL, headers=SERVICE, params=period)
        assert (answer.status_code, answer.json()["field"]) == (422, "until")


@pytest.mark.usefixtures("decided")
class TestStatements:
    async def test_page_by_page(self, client: httpx.AsyncClient) -> None:
        found, after = [], None
        for _ in range(3):
            params = {"limit": 1} if after is None else {"limit": 1, "after": after}
            page = (await client.get(URL + "/statements", headers=SERVICE, params=params)).json()
            found += page["statements"]
            after = page["next"]
            if after is None:
                break
        assert [one["end_date_visibility_restriction"] is None for one in found] == [False, True]
        assert set(found[0]) == set(FIELDS)
        for one in found:
            alone = await client.get(f"{URL}/statements/{one['puid']}", headers=SERVICE)
            assert alone.json() == one

    async def test_unknown_ones(self, client: httpx.AsyncClient) -> None:
        assert (await client.get(URL + "/statements/none", headers=SERVICE)).status_code == 404
        answer = await client.get(URL + "/statements", headers=SERVICE, params={"after": "none"})
        assert (answer.status_code, answer.json()["field"]) == (422, "after")


def _tomorrow() -> str:
    return (datetime.now().astimezone() + timedelta(days=1)).isoformat()
