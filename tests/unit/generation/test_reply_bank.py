"""The bank of replies is what it says: short, distinct, several acts to every situation, and of labels that exist."""

from collections import Counter, defaultdict
from pathlib import Path

import pytest

from socialflow.generation.bank import Bank, Tone, read_bank
from socialflow.text.builders import HEADS

ONE = """
[[situation]]
name = "thanks"
intents = ["praise"]
emotions = ["joy"]
messages = ["Thank you!"]
[situation.answers]
welcome = {friendly = ["You're welcome!"], formal = ["You are most welcome."]}
thanks_back = {friendly = ["Thank you too!"]}
"""


@pytest.fixture(scope="module")
def bank() -> Bank:
    return read_bank()


class TestReading:
    def test_acts_keep_their_order_and_replies_their_situation(self, tmp_path: Path) -> None:
        (tmp_path / "a.toml").write_text(ONE, encoding="utf-8")
        found = read_bank(tmp_path)
        assert [(one.act, one.rank, one.tone.value, one.situation) for one in found.replies] == [
            ("welcome", 0, "friendly", 0),
            ("welcome", 0, "formal", 0),
            ("thanks_back", 1, "friendly", 0),
        ]
        assert "welcome" in found.words
        assert not found.situations[0].grave

    def test_another_content_is_another_version(self, tmp_path: Path) -> None:
        for name, text in (("one", ONE), ("two", ONE.replace("joy", "surprise"))):
            (tmp_path / name).mkdir()
            (tmp_path / name / "a.toml").write_text(text, encoding="utf-8")
        assert read_bank(tmp_path / "one").version != read_bank(tmp_path / "two").version


class TestContent:
    def test_six_hundred_replies_and_none_twice(self, bank: Bank) -> None:
        assert len(bank.replies) >= 600
        assert [text for text, times in Counter(one.text for one in bank.replies).items() if times > 1] == []

    def test_replies_are_short_and_begin_and_end_like_sentences(self, bank: Bank) -> None:
        assert [one.text for one in bank.replies if len(one.text) > 90] == []
        assert [one.text for one in bank.replies if not one.text[0].isupper() or one.text[-1] not in ".!?"] == []

    def test_a_situation_has_three_acts_and_an_act_one_situation(self, bank: Bank) -> None:
        acts = defaultdict(set)
        for one in bank.replies:
            acts[one.situation].add(one.act)
        assert min(map(len, acts.values())) >= 3
        assert sum(map(len, acts.values())) == len({one.act for one in bank.replies})

    def test_no_message_stands_for_two_situations(self, bank: Bank) -> None:
        messages = [text.lower().strip("!?. ") for one in bank.situations for text in one.messages]
        assert [text for text, times in Counter(messages).items() if times > 1] == []
        assert min(len(one.messages) for one in bank.situations) >= 10

    def test_intents_and_emotions_are_those_of_the_text_model(self, bank: Bank) -> None:
        for one in bank.situations:
            assert one.intents, one.name
            assert one.intents <= set(HEADS["intent"].labels), one.name
            assert one.emotions <= set(HEADS["emotion"].labels), one.name

    def test_what_is_grave_is_never_answered_playfully(self, bank: Bank) -> None:
        for number, one in enumerate(bank.situations):
            tones = {reply.tone for reply in bank.replies if reply.situation == number}
            assert tones >= {Tone.FRIENDLY, Tone.FORMAL}, one.name
            assert (Tone.PLAYFUL in tones) != one.grave, one.name
            assert Tone.SUPPORTIVE in tones or not one.grave, one.name
