"""The functional suite is what it says: evenly made, scored as told, and unknown to what trains the model."""

import re
from collections import Counter

import pytest
from tests.functional.suite import Case, Judgement, cases, labelled, pass_rates, terms

from socialflow.training.text import shapes
from socialflow.training.text.heads import CATEGORIES, HEADS
from socialflow.training.text.overlap import key
from socialflow.training.text.shapes import frames, harm

SLOT = re.compile(r"\{\w+\}")
FILES = ("harmless", "hateful", "people", "slurs")


def masked(frame: str) -> str:
    """What is left of a frame without its slots and punctuation."""
    return key(SLOT.sub(" slot ", frame))


class TestHeldOut:
    def test_no_frame_is_trained_on(self) -> None:
        trained = {masked(frame) for name in FILES for group in frames.groups(name) for frame in group.frames}
        assert [case.frame for case in cases() if masked(case.frame) in trained] == []

    def test_no_sentence_is_generated(self) -> None:
        generated = {key(row.text) for row in shapes.rows("harm", seed=0)}
        assert [case.text for case in cases() if key(case.text) in generated] == []

    def test_no_name_of_a_group_or_a_person_is_trained_on(self) -> None:
        words = frames.words("words")
        trained = {form for identity in harm.identities() for form in identity.values()}
        trained |= {*words["given"], *words["family"]}
        tested = {form.strip() for found in terms().values() for term in found for form in term.split("|")}
        tested |= {part for name in terms()["names"] for part in name.split()}
        assert tested & trained == set()

    @pytest.mark.parametrize(("name", "kind"), [("categories", "category"), ("intents", "intent")])
    def test_no_text_labelled_by_hand_is_generated(self, name: str, kind: shapes.Kind) -> None:
        rows = shapes.rows(kind, seed=0)
        known = {key(row.text) for row in rows} | {masked(row.frame) for row in rows}
        assert [text for _, text in labelled(name) if key(text) in known] == []


class TestMake:
    def test_six_hundred_distinct_sentences_of_many_capabilities(self) -> None:
        found = cases()
        assert len({case.text for case in found}) == len(found) >= 600
        assert len({case.capability for case in found}) >= 25
        assert not [case.text for case in found if "{" in case.text]

    def test_every_protected_kind_stands_in_harmless_and_in_hateful_sentences(self) -> None:
        texts = {
            verdict: " ".join(c.text.lower() for c in cases() if c.verdict == verdict)
            for verdict in ("harmless", "hateful")
        }
        for kind, found in terms().items():
            if kind != "names":
                plurals = [term.split("|")[0].strip().lower() for term in found]
                assert any(plural in texts["harmless"] for plural in plurals), kind
                assert any(plural in texts["hateful"] for plural in plurals), kind

    def test_the_labelled_texts_are_even_over_their_labels(self) -> None:
        assert Counter(label for label, _ in labelled("categories")) == dict.fromkeys(CATEGORIES, 15)
        assert Counter(label for label, _ in labelled("intents")) == dict.fromkeys(HEADS["intent"].labels, 30)


class TestScore:
    def test_is_the_share_that_passes_by_capability(self) -> None:
        kind, hateful, rude = (
            Case("a", "a", "kind", "harmless"),
            Case("b", "b", "hateful", "hateful"),
            Case("c", "c", "rude", "abusive"),
        )
        nothing, toxic, hate = Judgement(False, False), Judgement(True, False), Judgement(True, True)
        listed = [kind, kind, hateful, hateful, rude, rude]
        judged = [nothing, toxic, toxic, nothing, toxic, hate]
        assert pass_rates(listed, judged) == {"kind": 0.5, "hateful": 0.5, "rude": 0.5}
