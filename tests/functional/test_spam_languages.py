"""Spam in languages other than English, on texts that training never sees, written by hand beside it."""

import csv
from collections import defaultdict
from pathlib import Path

import pytest

from socialflow.errors import ModelUnavailable
from socialflow.moderation.spam import SpamDetector
from socialflow.text.multilingual import multilingual
from socialflow.text.records import Detection
from socialflow.training.text.overlap import key
from socialflow.training.text.shapes import frames, spam

FILE = Path(__file__).parent / "spam_languages.tsv"


@pytest.fixture(scope="module")
def written() -> dict[str, list[tuple[str, bool]]]:
    """(text, whether it is spam) by language."""
    found: dict[str, list[tuple[str, bool]]] = defaultdict(list)
    with FILE.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
            found[row["language"]].append((row["text"], row["label"] == "spam"))
    return found


@pytest.fixture(scope="module", autouse=True)
def _model() -> None:
    try:
        multilingual().analyse(["hola"], ["spam"])
    except ModelUnavailable as missing:
        pytest.skip(str(missing))


class TestSpamInOtherLanguages:
    def test_every_language_that_is_learnt_is_tested(self, written: dict[str, list[tuple[str, bool]]]) -> None:
        assert set(written) == set(spam.LANGUAGES) == set(frames.document("spam_texts"))

    @pytest.mark.parametrize("language", spam.LANGUAGES)
    def test_words_alone_tell_most(self, written: dict[str, list[tuple[str, bool]]], language: str) -> None:
        texts, truth = zip(*written[language], strict=True)
        told = [one.record("spam", Detection) for one in multilingual().analyse(texts, ["spam"])]
        right = [one is not None and one.found == label for one, label in zip(told, truth, strict=True)]
        assert sum(right) >= 0.80 * len(right)

    def test_ordinary_texts_are_seldom_held_back(self, written: dict[str, list[tuple[str, bool]]]) -> None:
        detector = SpamDetector()
        ordinary = [text for rows in written.values() for text, label in rows if not label]
        held = [text for text in ordinary if detector.predict(text)["is_spam"]]
        assert len(held) <= 0.05 * len(ordinary), held

    def test_nothing_is_trained_on(self, written: dict[str, list[tuple[str, bool]]]) -> None:
        trained = {
            key(text)
            for by_label in frames.document("spam_texts").values()
            for one in by_label.values()
            for text in one
        }
        assert [text for rows in written.values() for text, _ in rows if key(text) in trained] == []
