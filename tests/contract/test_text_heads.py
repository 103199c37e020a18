"""Every head of the table goes through the same checks, on a model whose every number is drawn."""

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, is_dataclass

import numpy as np
import pytest
from tests.text_bundle import MEANINGS, OTHERS, random_bundle

from socialflow.kit.answers import Status
from socialflow.text.analyser import Analyser
from socialflow.text.builders import HEADS
from socialflow.text.records import Analysis, Combination, Record

WORDS = [word for word in (*MEANINGS, *OTHERS) if not word.startswith("##")]


def written(words: int, seed: int) -> str:
    return " ".join(np.random.default_rng(seed).choice(WORDS, words))


SHORT = [written(words, words) for words in range(1, 25)]
LONG = written(300, 0)


@pytest.fixture(scope="module")
def analyser(tmp_path_factory: pytest.TempPathFactory) -> Analyser:
    return Analyser(random_bundle(tmp_path_factory.mktemp("models")))


@pytest.fixture(params=sorted(HEADS))
def question(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def ask(analyser: Analyser, texts: Sequence[str], *questions: str) -> list[Analysis]:
    return analyser.analyse(texts, questions, [[(0, len(text)), (0, 1)] if text else [] for text in texts])


def numbers(record: object) -> list[float]:
    """All figures of a record, in order."""
    if isinstance(record, np.ndarray):
        return [float(value) for value in record]
    if is_dataclass(record) and not isinstance(record, type):
        return numbers(asdict(record))
    if isinstance(record, Mapping):
        return [figure for value in record.values() for figure in numbers(value)]
    if isinstance(record, tuple | list):
        return [figure for value in record for figure in numbers(value)]
    return [float(record)] if isinstance(record, int | float) else []


def words(record: Record) -> str:
    """What a record says beside its figures."""
    return json.dumps(asdict(record), default=lambda _: None, sort_keys=True).translate(dict.fromkeys(b"0123456789.e-"))


def told(analysis: Analysis, question: str) -> Record:
    return analysis.answers[question].record


def alike(one: Record, other: Record) -> None:
    assert words(one) == words(other)
    assert numbers(one) == pytest.approx(numbers(other), abs=1e-4)


class TestEveryHead:
    def test_a_batch_says_what_single_calls_say(self, analyser: Analyser, question: str) -> None:
        texts = [*SHORT, LONG]
        for text, together in zip(texts, ask(analyser, texts, question), strict=True):
            (alone,) = ask(analyser, [text], question)
            alike(told(together, question), told(alone, question))
            assert (together.windows, together.coverage) == (alone.windows, alone.coverage)

    def test_the_order_of_a_batch_does_not_matter(self, analyser: Analyser, question: str) -> None:
        forward, backward = ask(analyser, SHORT, question), ask(analyser, SHORT[::-1], question)
        for one, other in zip(forward, backward[::-1], strict=True):
            alike(told(one, question), told(other, question))

    def test_other_questions_do_not_matter(self, analyser: Analyser, question: str) -> None:
        for one, other in zip(ask(analyser, SHORT, question), ask(analyser, SHORT, *HEADS), strict=True):
            alike(told(one, question), told(other, question))

    def test_the_same_text_is_answered_the_same(self, analyser: Analyser, question: str) -> None:
        first, second = ask(analyser, [LONG], question), ask(analyser, [LONG], question)
        assert numbers(told(first[0], question)) == numbers(told(second[0], question))

    def test_every_figure_is_a_number(self, analyser: Analyser, question: str) -> None:
        for analysis in ask(analyser, [*SHORT, LONG], question):
            assert np.isfinite(numbers(told(analysis, question))).all()
            assert analysis.status is Status.COMPLETE

    def test_spans_lie_in_the_text(self, analyser: Analyser, question: str) -> None:
        for text, analysis in zip([*SHORT, LONG], ask(analyser, [*SHORT, LONG], question), strict=True):
            record = asdict(told(analysis, question))
            for stretch in record.get("spans", record.get("targets", ())):
                assert 0 <= stretch["start"] < stretch["end"] <= len(text)

    def test_a_long_text_says_how_its_windows_were_combined(self, analyser: Analyser, question: str) -> None:
        short, long = ask(analyser, [SHORT[3], LONG], question)
        assert short.answers[question].combination is None
        assert isinstance(long.answers[question].combination, Combination)
        assert long.windows > 1

    def test_an_empty_text_has_no_answer(self, analyser: Analyser, question: str) -> None:
        empty, other = ask(analyser, ["", SHORT[0]], question)
        assert (empty.status, empty.answers) == (Status.ABSTAINED, {})
        assert question in empty.missing
        assert question in other.answers

    def test_threads_do_not_disturb_each_other(self, analyser: Analyser, question: str) -> None:
        expected = ask(analyser, SHORT, question)
        with ThreadPoolExecutor(4) as threads:
            for answers in threads.map(lambda _: ask(analyser, SHORT, question), range(4)):
                for one, other in zip(answers, expected, strict=True):
                    assert numbers(told(one, question)) == numbers(told(other, question))
