"""Tags from several kinds of evidence."""

import pytest

from socialflow.analysis.tags import Source, combine, written
from socialflow.content.log import ItemText
from socialflow.ids import ItemKey


def text(title: str, tags: tuple[str, ...] = (), category: str | None = None) -> ItemText:
    return ItemText(ItemKey(1), title, "", "", tags, category, None)


class TestCombine:
    def test_evidence_adds_up_and_is_named_strongest_first(self) -> None:
        (tag,) = combine({Source.PHRASE: {"bread": 0.5}, Source.GIVEN: {"bread": 1.0}}, 5)
        assert tag.confidence == pytest.approx(1 - (1 - 0.9) * (1 - 0.3))
        assert tag.sources == (Source.GIVEN, Source.PHRASE)

    def test_spellings_of_one_thing_are_one_tag(self) -> None:
        (tag,) = combine(
            {Source.GIVEN: {"#StreetFood": 1.0}, Source.PHRASE: {"street foods": 1.0, "street-food": 0.5}}, 5
        )
        assert tag.name == "StreetFood"
        assert tag.confidence == pytest.approx(1 - 0.1 * 0.4)

    def test_the_surest_come_first_and_no_more_than_asked_for(self) -> None:
        tags = combine({Source.GIVEN: {"b": 0.5, "a": 0.5, "c": 1.0}}, 2)
        assert [tag.name for tag in tags] == ["c", "a"]

    def test_nothing_comes_of_nothing(self) -> None:
        assert combine({Source.GIVEN: {}, Source.PHRASE: {"#": 1.0}}, 5) == ()


class TestWritten:
    def test_tags_and_categories_count_by_how_many_items_have_them(self) -> None:
        evidence = written([text("Rye bread", ("rye", "bread"), "food"), text("Wheat bread", ("bread",), "food")])
        assert evidence[Source.GIVEN] == {"rye": 0.5, "bread": 1.0}
        assert evidence[Source.CATEGORY] == {"food": 1.0}
        assert "bread" in {name.lower() for name in evidence[Source.PHRASE]}
