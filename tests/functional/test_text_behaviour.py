"""The text model of the package understands: groups and names are no harm, hate is, in whatever spelling."""

from collections import defaultdict

import numpy as np
import pytest
from tests.functional.suite import HARMLESS, HATEFUL, Case, Judgement, cases, labelled, pass_rates, passes

from socialflow.text.analyser import Analyser, bundled
from socialflow.text.bundle import PACKAGED
from socialflow.text.records import Analysis, Choice, Detection, Labels

BEST_PUBLIC_SERVICE = 0.766
"""Share of such sentences that the best public moderation service judges rightly."""


@pytest.fixture(scope="module")
def analyser() -> Analyser:
    if not (PACKAGED / "manifest.json").is_file():
        pytest.skip("no text bundle in the package")
    return bundled()


@pytest.fixture(scope="module")
def judged(analyser: Analyser) -> list[tuple[Case, Judgement]]:
    listed = cases()
    answers = analyser.analyse([case.text for case in listed], {"toxicity", "hate"})
    return [(case, _judgement(answer)) for case, answer in zip(listed, answers, strict=True)]


def _judgement(answer: Analysis) -> Judgement:
    toxicity, hate = answer.record("toxicity", Labels), answer.record("hate", Detection)
    assert toxicity
    assert hate
    return Judgement(toxic="toxicity" in toxicity.found, hate=hate.found)


def _failed(judged: list[tuple[Case, Judgement]]) -> list[str]:
    return [case.text for case, judgement in judged if not passes(case, judgement)]


class TestModeration:
    def test_groups_and_names_in_harmless_sentences_raise_no_alarm(self, judged: list[tuple[Case, Judgement]]) -> None:
        about = [pair for pair in judged if pair[0].capability in ("identity_neutral", "identity_positive", "names")]
        failed = _failed(about)
        assert len(failed) <= 0.10 * len(about), failed

    def test_hate_against_every_protected_kind_is_caught(self, judged: list[tuple[Case, Judgement]]) -> None:
        about = [pair for pair in judged if pair[0].capability.startswith("hateful_")]
        failed = _failed(about)
        assert len(failed) <= 0.20 * len(about), failed

    @pytest.mark.parametrize("verdict", [HARMLESS, HATEFUL])
    def test_tricks_of_spelling_do_not_decide(self, judged: list[tuple[Case, Judgement]], verdict: str) -> None:
        tricks = ("leet", "spaced", "starred", "joined")
        about = [pair for pair in judged if pair[0].capability.startswith(tricks) and pair[0].verdict == verdict]
        failed = _failed(about)
        assert len(failed) <= 0.40 * len(about), failed

    def test_capabilities_on_average_above_the_best_public_service(self, judged: list[tuple[Case, Judgement]]) -> None:
        rates = pass_rates([case for case, _ in judged], [judgement for _, judgement in judged])
        assert np.mean(list(rates.values())) > BEST_PUBLIC_SERVICE, rates


class TestLabelledByHand:
    @pytest.mark.parametrize(
        ("name", "question", "least"),
        [("categories", "category", 0.70), ("intents", "intent", 0.75)],
    )
    def test_label_agrees_with_the_reader(self, analyser: Analyser, name: str, question: str, least: float) -> None:
        listed = labelled(name)
        answers = analyser.analyse([text for _, text in listed], {question})
        right: dict[str, list[bool]] = defaultdict(list)
        for (label, _), answer in zip(listed, answers, strict=True):
            choice = answer.record(question, Choice)
            assert choice
            right[label].append(choice.label == label)
        assert np.mean([hit for found in right.values() for hit in found]) >= least, {
            label: float(np.mean(found)) for label, found in right.items()
        }
