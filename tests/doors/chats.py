"""What the tests of live chats at the door share."""

import json
from dataclasses import replace
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from socialflow.moderation.live.records import LiveLimits
from tests.doors.fakes import FakeModeration, FakePlatform


def limited(platform: FakePlatform, **bounds: Any) -> FakeModeration:
    platform.chats = FakeModeration(platform.store, platform.clock, LiveLimits(**bounds))
    platform.moderation = replace(platform.moderation, live=platform.chats.live)
    return platform.chats


async def refused(url: str, headers: dict[str, str]) -> tuple[int, dict[str, Any]]:
    with pytest.raises(InvalidStatus) as caught:
        async with connect(url, additional_headers=headers):
            pass
    response = caught.value.response
    said: dict[str, Any] = json.loads(response.body or b"{}")
    return response.status_code, said
