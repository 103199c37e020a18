"""The small model for languages is fitted on labelled texts, and serves what was fitted."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from socialflow.catalogue.registry import Catalogue
from socialflow.kit.answers import Tier
from socialflow.text.ngram_analyser import NgramAnalyser
from socialflow.text.ngram_bundle import read_ngrams
from socialflow.text.records import Labels, Sentiment
from socialflow.training.text import ngram_making
from socialflow.training.text.heads import HEADS
from socialflow.training.text.ngram_making import Recipe, train_languages
from socialflow.training.text.records import Part, Task

SAID = {
    ("es", 2): ("que bueno {}", "muy bueno el {}", "bueno bueno {}"),
    ("es", 1): ("hay un {} en casa", "veo un {} hoy", "el {} es de ayer"),
    ("es", 0): ("que malo {}", "muy malo el {}", "malo malo {}"),
    ("de", 2): ("wie gut {}", "sehr gut der {}", "gut gut {}"),
    ("de", 1): ("da ist ein {}", "ich sehe ein {}", "der {} von gestern"),
    ("de", 0): ("wie schlecht {}", "sehr schlecht der {}", "schlecht {}"),
}
THINGS = ("tren", "libro", "perro", "zug", "film", "tag", "gol", "plan", "bus", "juego")


def said(things: tuple[str, ...]) -> Part:
    rows = [
        (frame.format(thing), label, f"xlmt_sentiment/{'spanish' if code == 'es' else 'german'}")
        for (code, label), frames in SAID.items()
        for frame in frames
        for thing in things
    ]
    texts, labels, sources = zip(*rows, strict=True)
    return Part(list(texts), np.array(labels), list(sources))


def insulting(things: tuple[str, ...]) -> Part:
    """Insults that are toxic, and what is said of nobody; four kinds are not known."""
    texts = [f"{frame} {thing}" for thing in things for frame in ("que basura de", "eres tonto como un", "veo un")]
    none = np.nan
    rows = [(1, none, none, none, 0, none), (1, none, none, none, 1, none), (0, none, none, none, 0, none)]
    return Part(texts, np.array(rows * len(things), np.float32), ["told_br"] * len(texts))


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few texts in the place of the public sets."""
    found = {
        "sentiment": Task(HEADS["sentiment"], said(THINGS[:7]), said(THINGS[7:])),
        "toxicity": Task(HEADS["toxicity"], insulting(THINGS[:7]), insulting(THINGS[7:])),
    }
    recipes = (
        Recipe("sentiment", ("xlmt_sentiment/german", "xlmt_sentiment/spanish"), 14),
        Recipe("toxicity", ("told_br",), 12),
    )
    monkeypatch.setattr(ngram_making, "RECIPES", recipes)
    monkeypatch.setattr(ngram_making, "tasks", lambda *_given, **_named: found)


class TestTraining:
    def test_what_was_fitted_is_served(self, small: None, tmp_path: Path) -> None:
        catalogue, heard = Catalogue(tmp_path), []
        about = train_languages(tmp_path, catalogue, lambda *told: heard.append(told))
        assert [told[0] for told in heard] == ["reading texts", "fitting", "fitting"]
        bundle = read_ngrams(catalogue.open(about.name, about.version), Tier.TRAINED)
        assert bundle.languages == ("de", "es", "pt")

        german, spanish = NgramAnalyser(bundle, "de"), NgramAnalyser(bundle, "es")
        told = [
            *german.analyse(["sehr gut der ball", "sehr schlecht der ball"], ["sentiment"]),
            *spanish.analyse(["veo un coche hoy"], ["sentiment"]),
        ]
        labels = [one.record("sentiment", Sentiment) for one in told]
        assert [one.label for one in labels if one] == ["positive", "negative", "neutral"]

        (told,) = NgramAnalyser(bundle, "pt").analyse(["eres tonto como un coche"], ["toxicity"])
        kinds = told.record("toxicity", Labels)
        assert kinds is not None
        assert set(kinds.scores) == {"toxicity", "insult"}
        assert kinds.found == ("toxicity", "insult")

    def test_the_manifest_says_what_was_learnt_and_the_gate_what_it_is_worth(self, small: None, tmp_path: Path) -> None:
        about = train_languages(tmp_path, Catalogue(tmp_path), lambda *_: None)
        metadata = about.metadata
        assert metadata["languages"] == ["de", "es", "pt"]
        assert metadata["gate"]["accepted"], metadata["gate"]["reasons"]
        sentiment = metadata["heads"]["sentiment"]
        assert sentiment["rows"] == {"de": 63, "es": 63}
        assert sentiment["quality"]["de"] > sentiment["most_frequent"]["de"]

    def test_a_head_that_learnt_nothing_is_refused(
        self, small: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        train = said(THINGS[:7])
        found = {
            "sentiment": Task(HEADS["sentiment"], replace(train, texts=["x"] * len(train)), said(THINGS[7:])),
            "toxicity": Task(HEADS["toxicity"], insulting(THINGS[:7]), insulting(THINGS[7:])),
        }
        monkeypatch.setattr(ngram_making, "tasks", lambda *_given, **_named: found)
        about = train_languages(tmp_path, Catalogue(tmp_path), lambda *_: None)
        assert not about.metadata["gate"]["accepted"]
        assert "sentiment in de" in about.metadata["gate"]["reasons"][0]
