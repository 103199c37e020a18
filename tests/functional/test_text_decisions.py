"""The text model of the package decides the same whoever else is asked about, and has an answer to any text."""

import json

import numpy as np
import pytest
from tests.functional.suite import cases

from socialflow.kit.answers import Status
from socialflow.text import encoder
from socialflow.text.analyser import Analyser, bundled
from socialflow.text.bundle import PACKAGED
from socialflow.text.records import Analysis, Choice, Detection, Emotions, Labels, Sentiment, Spans, Vector

QUESTIONS = ("toxicity", "hate", "offensive", "spam", "sentiment", "emotion", "irony", "intent", "category", "entities")
WEIRD = {
    "emoji soup": "😂😂😂🔥🔥💀👨‍👩‍👧‍👦🏳️‍🌈🇧🇷❤️‍🔥" * 40,
    "right to left": "\u202eهذا نص مكتوب من اليمين إلى اليسار\u202c and back again",
    "invisible": "\u200b\u200d\ufeffhel\u200blo\u2060 wor\u00adld\u200b",
    "NUL": "before\x00after",
    "lone surrogate": "broken \ud83d half",
    "combining": "Z̸̡̛͚̫͔̈́͠a̴̢̛̘̫͗̓ĺ̶̢̧͓̙͐g̵͕̈́̇o̶͇̿",
    "one word": "a" * 5000,
    "control": "\x1b[31mred\x1b[0m\r\n\t",
    "marks": "[CLS] [SEP] [PAD] [MASK]",
}


@pytest.fixture(scope="module")
def analyser() -> Analyser:
    if not (PACKAGED / "manifest.json").is_file():
        pytest.skip("no text bundle in the package")
    return bundled()


def _decisions(analysis: Analysis) -> dict[str, object]:
    told: dict[str, object] = {}
    for name, answer in analysis.answers.items():
        match answer.record:
            case Choice(label=label) | Sentiment(label=label):
                told[name] = label
            case Detection(found=found):
                told[name] = found
            case Labels(found=labels) | Emotions(present=labels):
                told[name] = labels
            case Spans(spans=spans):
                told[name] = [(one.start, one.end, one.label) for one in spans]
    return told


class TestSameDecisions:
    def test_alone_or_among_others(self, analyser: Analyser) -> None:
        texts = [case.text for case in cases()][::4]
        together = [_decisions(one) for one in analyser.analyse(texts, QUESTIONS)]
        alone = [_decisions(analyser.analyse([text], QUESTIONS)[0]) for text in texts]
        pairs = [(one[name], other[name]) for one, other in zip(together, alone, strict=True) for name in QUESTIONS]
        assert sum(one == other for one, other in pairs) >= 0.99 * len(pairs)

    def test_on_one_core_or_on_two(self, monkeypatch: pytest.MonkeyPatch) -> None:
        if not (PACKAGED / "manifest.json").is_file():
            pytest.skip("no text bundle in the package")
        texts = [case.text for case in cases()][::40]
        told = []
        for free in (False, True):
            monkeypatch.setattr(encoder, "core_is_free", lambda free=free: free)
            told.append([bundled().analyse([text], ["sentence", "toxicity"])[0] for text in texts])
        for one, other in zip(*told, strict=True):
            assert one.record("toxicity", Labels) == other.record("toxicity", Labels)
            vectors = [analysis.record("sentence", Vector) for analysis in (one, other)]
            assert all(vector is not None for vector in vectors)
            assert np.array_equal(vectors[0].values, vectors[1].values)

    def test_with_integers_as_with_floats(self) -> None:
        if not (PACKAGED / "manifest.json").is_file():
            pytest.skip("no text bundle in the package")
        about = json.loads((PACKAGED / "manifest.json").read_text(encoding="utf-8"))["metadata"]
        assert about["gate"]["accepted"], about["gate"]["reasons"]
        alone = {name for name, head in about["heads"].items() if "agreement" not in head}  # learnt on integers
        assert alone <= {*about["learnt_alone"], "irony"}
        heads = [head for name, head in about["heads"].items() if name not in alone]
        shared = sum(head["agreement"] * head["rows"] for head in heads) / sum(head["rows"] for head in heads)
        assert shared >= 0.99


class TestAnyText:
    @pytest.mark.parametrize("name", WEIRD)
    def test_has_an_answer_or_says_what_is_missing(self, analyser: Analyser, name: str) -> None:
        (told,) = analyser.analyse([WEIRD[name]], QUESTIONS)
        assert told.answers or (told.status is Status.ABSTAINED and told.missing)
        assert 0.0 <= told.coverage <= 1.0

    def test_a_long_text_says_how_much_was_read(self, analyser: Analyser) -> None:
        (told,) = analyser.analyse(["The camera is great but the battery is awful. " * 2200], QUESTIONS)
        assert "text:windows" in told.missing
        assert 0.05 < told.coverage < 0.5
        assert set(told.answers) == set(QUESTIONS)

    def test_an_insult_at_the_end_of_a_long_text_is_found_where_it_stands(self, analyser: Analyser) -> None:
        insult = "you are a worthless idiot and everybody hates you"
        text = "We walked along the river and talked about the weather. " * 40 + insult
        (told,) = analyser.analyse([text], ["toxicity", "toxic_spans"])
        toxicity, spans = told.record("toxicity", Labels), told.record("toxic_spans", Spans)
        assert toxicity is not None
        assert spans is not None
        assert "toxicity" in toxicity.found
        assert any(
            text[span.start : span.end] in insult for span in spans.spans if span.start >= len(text) - len(insult)
        )
