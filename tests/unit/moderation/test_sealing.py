"""The canonical form of decisions: one for each, back again, and no byte of it without effect on the seal."""

import math
from dataclasses import fields, replace
from datetime import datetime, timedelta, timezone
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.moderation.decided import decision

from socialflow.content.records import ModerationStatus
from socialflow.errors import InvalidInput, SealBroken
from socialflow.kit.answers import Tier
from socialflow.kit.clock import from_micros
from socialflow.moderation.records import (
    Act,
    Actor,
    ActorKind,
    ContentKind,
    Decision,
    Facts,
    Hit,
    Place,
    PolicyVersion,
    Reading,
    Signals,
    Trust,
    Verdict,
)
from socialflow.moderation.sealing import (
    Judged,
    canonical,
    check,
    decode,
    digest_of,
    encode,
    facts_within,
    input_digest,
    pseudonym,
    seal,
    signals_within,
)

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.sampled_from(
    [',"signals":', ',"supersedes":', '"', "\\", "\0", 'ß,"facts":']
)
SCORE = st.floats(0, 1)
NUMBER = st.floats(0, 1e9)
HEX = st.binary(min_size=32, max_size=32).map(bytes.hex) | st.just("")
READINGS = st.builds(
    Reading,
    NUMBER | st.lists(TEXT, max_size=3).map(tuple),
    TEXT,
    TEXT,
    st.sampled_from(Tier),
    SCORE,
    st.lists(st.builds(Place, NUMBER, NUMBER, SCORE), max_size=2).map(tuple),
)
SIGNALS = st.builds(Signals, st.dictionaries(TEXT, READINGS, max_size=3), st.dictionaries(TEXT, TEXT, max_size=3))
WORDS = st.lists(TEXT, max_size=2).map(tuple)
ACTS = st.lists(st.sampled_from(Act), max_size=3).map(tuple)
HITS = st.builds(Hit, TEXT, TEXT, ACTS, WORDS, WORDS, WORDS, st.booleans())
DECISIONS = st.builds(
    Decision,
    id=TEXT,
    content_id=TEXT,
    facts=st.builds(Facts, st.sampled_from(ContentKind), st.none() | TEXT, st.none() | TEXT, st.sampled_from(Trust)),
    input_digest=HEX,
    author=HEX,
    signals=SIGNALS,
    policy=st.builds(PolicyVersion, TEXT, st.integers(0, 2**31 - 1), HEX),
    verdict=st.builds(
        Verdict,
        st.sampled_from(ModerationStatus),
        ACTS,
        st.lists(HITS, max_size=2).map(tuple),
        st.none() | SCORE,
        st.none() | SCORE,
    ),
    actor=st.builds(Actor, st.sampled_from(ActorKind), TEXT),
    at=st.integers(0, 2**52).map(from_micros),
    supersedes=st.none() | TEXT,
    note=TEXT,
)


class TestCanonicalForm:
    @given(DECISIONS)
    def test_a_sealed_decision_comes_back_as_it_was(self, made: Decision) -> None:
        sealed = seal(made)
        body = encode(sealed)
        assert decode(body) == sealed
        assert decode(body).seal == sealed.seal == digest_of(body)
        assert encode(decode(body)) == body
        assert seal(sealed) == sealed
        assert check(sealed)
        assert not check(made)

    @given(DECISIONS)
    def test_parts_are_cut_out_whole(self, made: Decision) -> None:
        body = encode(made)
        whole = orjson.loads(body)
        assert orjson.loads(signals_within(body)) == whole["signals"]
        assert orjson.loads(facts_within(body)) == whole["facts"]

    def test_numbers_are_rounded_words_sorted_and_zero_has_no_sign(self) -> None:
        odd = Reading(("b", "a", "b"), "m", "1", Tier.BUNDLED, -1e-9, (Place(0, 1.23456789, 1),))
        read = seal(decision(signals=Signals({"x": odd}))).signals.readings["x"]
        assert (read.value, str(read.coverage), read.places) == (("a", "b"), "0.0", (Place(0.0, 1.234568, 1.0),))

    def test_the_same_instant_elsewhere_is_the_same(self) -> None:
        here = decision()
        there = replace(here, at=here.at.astimezone(timezone(timedelta(hours=5))))
        assert encode(here) == encode(there)

    @pytest.mark.parametrize("value", [math.nan, math.inf])
    def test_numbers_that_are_none_are_refused(self, value: float) -> None:
        with pytest.raises(InvalidInput):
            seal(decision(signals=Signals({"x": Reading(value, "m", "1", Tier.BUNDLED)})))

    def test_a_time_without_a_zone_and_broken_text_are_refused(self) -> None:
        with pytest.raises(InvalidInput):
            seal(decision(at=datetime(2026, 1, 1)))  # noqa: DTZ001
        with pytest.raises(InvalidInput):
            seal(decision(note="\ud800"))

    @pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"1", b'{"format":2}', b'{"format":1,"id":1}'])
    def test_what_is_no_decision_is_refused(self, body: bytes) -> None:
        with pytest.raises(SealBroken):
            decode(body)


class TestSeal:
    @given(DECISIONS, st.data())
    def test_one_altered_byte_is_found(self, made: Decision, data: st.DataObject) -> None:
        body = bytearray(encode(made))
        place = data.draw(st.integers(0, len(body) - 1))
        body[place] ^= data.draw(st.integers(1, 255))
        assert digest_of(bytes(body)) != seal(made).seal

    @given(DECISIONS, st.sampled_from([field.name for field in fields(Decision) if field.name != "seal"]), DECISIONS)
    def test_another_value_of_any_field_is_found(self, made: Decision, name: str, other: Decision) -> None:
        sealed = seal(made)
        changed = replace(sealed, **{name: getattr(seal(other), name)})
        assert check(changed) == (getattr(changed, name) == getattr(sealed, name))


class TestKeyedDigests:
    @given(st.binary(min_size=32, max_size=32), st.dictionaries(TEXT, TEXT, max_size=2), WORDS, WORDS)
    def test_only_the_same_input_under_the_same_key_agrees(
        self, key: bytes, said: dict[str, Any], urls: tuple[str, ...], media: tuple[str, ...]
    ) -> None:
        judged = Judged(said, urls, media)
        digest = input_digest(key, judged)
        assert digest == input_digest(key, Judged(dict(reversed(said.items())), urls, media))
        for other in (
            replace(judged, urls=(*urls, "x")),
            replace(judged, media=(*media, "x")),
            replace(judged, texts={**said, "more": ""} if "more" not in said else {}),
        ):
            assert input_digest(key, other) != digest
        assert input_digest(bytes(32 - len(key)) + key[::-1] + b"x", judged) != digest

    def test_nothing_moves_from_one_part_to_another(self) -> None:
        key = bytes(32)
        digests = [
            Judged({"a": "b"}),
            Judged({}, ("b",)),
            Judged({}, (), ("b",)),
            Judged({"ab": ""}),
            Judged({"": "ab"}),
        ]
        assert len({input_digest(key, judged) for judged in digests}) == len(digests)

    def test_a_person_has_another_name_in_every_role(self) -> None:
        assert pseudonym(b"k") != pseudonym(b"k", "reviewer") != pseudonym(b"l", "reviewer")

    def test_the_form_is_what_the_documentation_says(self) -> None:
        assert canonical({"b": 1.0, "a": ["é"]}) == '{"a":["é"],"b":1.0}'.encode()
