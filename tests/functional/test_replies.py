"""Replies by the text model of the package answer messages that the bank does not know, and none of them is harmful."""

import asyncio
from typing import Any

import pytest
from benchmarks.replies import asked, measured, messages

from socialflow.errors import ModelUnavailable
from socialflow.generation import harm
from socialflow.generation.bank import read_bank
from socialflow.generation.records import RepliesTold
from socialflow.text.analyser import Analyser, bundled
from socialflow.training.text.overlap import key

FALSE_ALARMS = 0.02
"""Share of the bank, harmless to any reader, that the model may take for harm: such a reply is not given."""


@pytest.fixture(scope="module")
def analyser() -> Analyser:
    try:
        return bundled()
    except ModelUnavailable as problem:
        pytest.skip(str(problem))


@pytest.fixture(scope="module")
def told(analyser: Analyser) -> list[RepliesTold]:
    return asyncio.run(asked(analyser, [one.text for one in messages()]))


@pytest.fixture(scope="module")
def figures(told: list[RepliesTold]) -> dict[str, Any]:
    return measured(told)


class TestHeldOut:
    def test_no_message_is_known_to_the_bank(self) -> None:
        known = {key(text) for one in read_bank().situations for text in one.messages}
        assert [one.text for one in messages() if key(one.text) in known] == []

    def test_a_hundred_and_twenty_messages_of_all_situations(self) -> None:
        answerable = [one for one in messages() if one.accepted]
        assert len(answerable) >= 120
        assert {name for one in answerable for name in one.accepted} == {one.name for one in read_bank().situations}


class TestRetrieval:
    def test_one_of_three_replies_fits_two_messages_of_three(self, figures: dict[str, Any]) -> None:
        hits = figures["hit_at_3"]
        assert hits["replies"] >= 0.67, figures
        assert hits["replies"] >= hits["most words in common"] + 0.1, figures
        assert hits["replies"] >= 3 * max(hits["always the same"], hits["at random"]), figures

    def test_half_of_what_nothing_answers_gets_none(self, figures: dict[str, Any]) -> None:
        assert figures["unanswerable_abstained"] >= 0.5, figures

    def test_grave_messages_get_nothing_light(self, told: list[RepliesTold]) -> None:
        grave = {one.name for one in read_bank().situations if one.grave}
        about = [pair for pair in zip(messages(), told, strict=True) if pair[0].accepted and pair[0].accepted <= grave]
        light = [one.text for one, got in about if any(reply["situation"] not in grave for reply in got["replies"])]
        assert len(light) <= 0.2 * len(about), light


class TestHarm:
    def test_the_model_finds_next_to_none_in_the_bank(self, analyser: Analyser) -> None:
        texts = [one.text for one in read_bank().replies]
        found = zip(texts, analyser.analyse(texts, harm.QUESTIONS), strict=True)
        flagged = [(text, harms) for text, analysis in found if (harms := harm.harms(analysis))]
        assert len(flagged) <= FALSE_ALARMS * len(texts), flagged
