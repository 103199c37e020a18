"""Cells become values or a named refusal, never anything else."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from socialflow.content.records import InteractionType
from socialflow.errors import InvalidInput
from socialflow.intake import ImportKind, values
from socialflow.intake.columns import FIELDS
from socialflow.intake.records import TimeUnit

moments = st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | moments,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=4,
)


def refusal(convert: values.Converter, cell: object, name: str) -> InvalidInput | None:
    try:
        convert(cell, name)
    except InvalidInput as refused:
        return refused
    return None


@settings(max_examples=500, deadline=None)
@given(st.sampled_from([(kind, name) for kind in ImportKind for name in FIELDS[kind]]), anything)
def test_every_converter_converts_or_refuses_by_name(place: tuple[ImportKind, str], cell: object) -> None:
    kind, name = place
    refused = refusal(FIELDS[kind][name], cell, name)
    assert refused is None or refused.field == name


@given(moments)
def test_times_come_back_from_iso_text(at: datetime) -> None:
    assert values.instant()(at.isoformat(), "at") == at
    assert values.instant()(at.replace(tzinfo=None).isoformat(), "at") == at


@given(moments)
def test_units_of_epoch_times_are_told_by_size(at: datetime) -> None:
    seconds = int((at - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds())
    whole = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    if seconds >= 100_000_000:  # from 1973 on the ranges of the units do not overlap
        for factor in (1, 10**3, 10**6, 10**9):
            assert values.instant()(str(seconds * factor), "at") == whole
    assert values.instant(TimeUnit.MILLISECONDS)(seconds * 1000, "at") == whole


@given(st.lists(st.text(st.characters(exclude_characters="|\0", exclude_categories=["Cs"]), min_size=1), max_size=5))
def test_lists_lose_only_blanks_and_repeats(parts: list[str]) -> None:
    expected = tuple(dict.fromkeys(part.strip() for part in parts if part.strip()))
    assert values.listed(parts, "tags") == expected


@pytest.mark.parametrize(
    ("convert", "cell"),
    [
        (values.identifier, "x" * 129),
        (values.identifier, "a\tb"),
        (values.identifier, 1.5),
        (values.identifier, True),
        (values.text, "a\0b"),
        (values.text, "\ud800"),
        (values.number, "nan"),
        (values.number, "1e999"),
        (values.whole, "2.5"),
        (values.boolean, "maybe"),
        (values.listed, '["a",'),
        (values.json_object, "[]"),
        (values.instant(), "31.12.2024"),
        (values.instant(), "1e300"),
        (values.one_of(InteractionType), "poke"),
    ],
)
def test_what_cannot_be_is_refused(convert: values.Converter, cell: object) -> None:
    with pytest.raises(InvalidInput):
        convert(cell, "field")
