"""What is seen stands beside what is read, and says why where it is not."""

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from socialflow.analysis.sights import UNSEEN, Sights, sights, with_sights
from socialflow.content.records import Findings
from socialflow.errors import MediaUnavailable, MediaUnreadable, RefusedAddress, SocialflowError
from socialflow.kit.answers import Answered, Provenance, Status, Tier

MADE = Provenance("imagenet", "1", Tier.DOWNLOADED)


class Looks:
    """Says the same of every file, or why it does not."""

    def __init__(self, *tags: str, missing: tuple[str, ...] = (), fails: SocialflowError | None = None) -> None:
        found = {"tags": [{"tag": tag, "confidence": 0.9} for tag in tags]}
        status = Status.COMPLETE if tags else Status.ABSTAINED
        self.analyses: Mapping[str, Answered] = {"tags": Answered(status, missing, (MADE,) if tags else (), found)}
        self._fails = fails

    async def analyse_url(self, url: str, names: tuple[str, ...]) -> "Looks":
        assert (url, names) == ("https://media.example.org/x", ("tags",))
        if self._fails:
            raise self._fails
        return self


URL = "https://media.example.org/x"


class TestSights:
    async def test_tags_of_both_each_once(self) -> None:
        seen = await sights(Looks("dog", "beach"), Looks("beach", "sky"), URL, URL)
        assert seen == Sights(("beach", "sky", "dog"), (), (MADE,))

    async def test_without_a_url_nothing_is_seen(self) -> None:
        assert await sights(Looks("dog"), Looks("sky"), None, None) == UNSEEN

    @pytest.mark.parametrize("kind", [RefusedAddress, MediaUnavailable, MediaUnreadable])
    async def test_what_cannot_be_had_is_told_with_its_reason(self, kind: type[SocialflowError]) -> None:
        seen = await sights(Looks(fails=kind("no")), Looks(), URL, None)
        assert seen.missing == ("visual_tags", f"visual_tags:{kind.code}")

    async def test_without_a_model_it_is_named(self) -> None:
        seen = await sights(Looks(), Looks(missing=("model:imagenet",)), None, URL)
        assert seen.missing == ("visual_tags", "model:imagenet")

    async def test_one_of_two_is_enough_for_tags(self) -> None:
        seen = await sights(Looks(fails=MediaUnavailable("gone")), Looks("sky"), URL, URL)
        assert seen.tags == ("sky",)
        assert seen.missing == ("visual_tags:media_unavailable",)

    def test_words_come_first(self) -> None:
        found = Findings(datetime(2026, 1, 1, tzinfo=UTC), tags=("rye", "dog"), missing=("model:topics",))
        both = with_sights(found, Sights(("dog", "sky"), ("visual_tags:x",), (MADE,)))
        assert both.tags == ("rye", "dog", "sky")
        assert both.missing == ("model:topics", "visual_tags:x")
        assert both.provenance == (MADE,)
