"""The generated sentences about people: many, different, rightly labelled, and with no giveaway."""

from collections import Counter, defaultdict

import numpy as np
import pytest

from socialflow.training.text import shapes
from socialflow.training.text.shapes import Row, disguise, frames, harm

TOXICITY = {"toxicity", "severe_toxicity", "obscene", "threat", "insult", "identity_hate"}


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return shapes.rows("harm", seed=0)


class TestRows:
    def test_are_many_distinct_and_of_many_frames(self, rows: list[Row]) -> None:
        assert len(rows) >= 12_000
        assert len({row.text for row in rows}) == len(rows)
        assert len({row.frame for row in rows}) >= 400

    def test_the_seed_decides_them(self, rows: list[Row]) -> None:
        assert shapes.rows("harm", seed=0) == rows
        assert shapes.rows("harm", seed=1) != rows

    def test_no_slot_stays_open(self, rows: list[Row]) -> None:
        assert not [row.text for row in rows if "{" in row.text or "}" in row.text]

    def test_labels_agree_with_each_other(self, rows: list[Row]) -> None:
        for row in rows:
            toxicity = set(row.labels["toxicity"])
            assert toxicity <= TOXICITY
            assert ("identity_hate" in toxicity) == (row.labels["hate"] == ("hate",)), row
            assert "toxicity" in toxicity or toxicity <= {"obscene"}, row
            if "toxicity" in toxicity:
                assert row.labels["offensive"] == ("offensive",)
            if row.labels["hate"] == ("hate",):
                assert row.labels["hate_speech"] == ("hatespeech",)


class TestNoGiveaway:
    def test_every_name_of_a_group_stands_as_often_in_harmless_as_in_hateful_sentences(self) -> None:
        rng = np.random.default_rng(0)
        harmless, hateful = frames.groups("harmless"), frames.groups("hateful")
        for identity in harm.identities():
            about = harm.about(identity, harmless, hateful, frames.words("words"), rng)
            assert Counter(row.labels["hate"] for row in about) == {("hate",): 40, ("not_hate",): 40}

    def test_words_of_abuse_stand_in_harmless_sentences_too(self, rows: list[Row]) -> None:
        verdicts = defaultdict(set)
        for row in rows:
            for slur in ("dyke", "faggot", "cripple", "kike", "fucking", "vermin"):
                if slur in row.text.lower():
                    verdicts[slur].add("toxicity" in row.labels["toxicity"])
        assert all(seen == {True, False} for seen in verdicts.values())
        assert len(verdicts) == 6

    def test_a_disguise_says_nothing_about_harm(self, rows: list[Row]) -> None:
        odd = [row for row in rows if any(letter in row.text for letter in "а0е")]
        assert len(odd) > 300
        share = np.mean(["toxicity" in row.labels["toxicity"] for row in odd])
        overall = np.mean(["toxicity" in row.labels["toxicity"] for row in rows])
        assert abs(share - overall) < 0.06


class TestDisguise:
    @pytest.mark.parametrize(
        ("trick", "written"),
        [
            ("leet", "l3773r"),
            ("light_leet", "l3tt3r"),
            ("spaced", "l e t t e r"),
            ("dotted", "l.e.t.t.e.r"),
            ("dashed", "l-e-t-t-e-r"),
            ("shouted", "LETTER"),
        ],
    )
    def test_of_a_word(self, trick: str, written: str) -> None:
        assert disguise.WORD_DISGUISES[trick]("letter", np.random.default_rng(0)) == written

    @pytest.mark.parametrize(
        ("trick", "written"),
        [
            ("joined", "goodnews"),
            ("hashtag", "#GoodNews"),
            ("spaced_all", "g o o d n e w s"),
            ("leet_all", "g00d n3w5"),
        ],
    )
    def test_of_a_text(self, trick: str, written: str) -> None:
        assert disguise.TEXT_DISGUISES[trick]("good news", np.random.default_rng(0)) == written

    def test_keeps_the_first_letter_behind_stars(self) -> None:
        rng = np.random.default_rng(0)
        written = {disguise.WORD_DISGUISES["stars"]("beautiful", rng) for _ in range(20)}
        assert written == {"b*autiful", "b***t*f*l"}


class TestFill:
    def test_draws_twice_from_one_list_where_a_slot_is_numbered(self) -> None:
        rng = np.random.default_rng(0)
        texts = {frames.fill("{given} and {given2}", {"given": ["Ann", "Bo"]}, rng) for _ in range(50)}
        assert texts == {"Ann and Ann", "Ann and Bo", "Bo and Ann", "Bo and Bo"}

    def test_mends_the_article_and_the_capitals(self) -> None:
        rng = np.random.default_rng(0)
        filled = frames.fill("{x} came. {x} is a {y}.", {"x": ["they"], "y": ["idiot"]}, rng)
        assert filled == "They came. They is an idiot."
