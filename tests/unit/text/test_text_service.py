"""The one queue of questions about text."""

import asyncio
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.text_bundle import clear_bundle

from socialflow.errors import ArtefactError, InvalidInput, ModelUnavailable, Overloaded
from socialflow.text.analyser import Analyser
from socialflow.text.records import Analysis, Polarities, Sentiment
from socialflow.text.service import ABREAST, TURN, WAITING, TextService


@pytest.fixture(scope="module")
def analyser(tmp_path_factory: pytest.TempPathFactory) -> Analyser:
    return Analyser(clear_bundle(tmp_path_factory.mktemp("models")))


async def test_texts_of_several_turns_are_answered_in_order(analyser: Analyser) -> None:
    service = TextService(lambda: analyser)
    texts = ["good" if number % 3 else "awful" for number in range(2 * TURN + 1)]
    targets = [[(0, len(text))] for text in texts]
    analyses = await service.analyse(texts, ["sentiment", "aspect"], targets)
    for text, analysis in zip(texts, analyses, strict=True):
        felt, aspect = analysis.record("sentiment", Sentiment), analysis.record("aspect", Polarities)
        label = "positive" if text == "good" else "negative"
        assert felt is not None
        assert aspect is not None
        assert (felt.label, aspect.targets[0].sentiment.label) == (label, label)
    assert service.state == analyser.provenance.version
    await service.close()


async def test_who_reads_many_may_take_larger_turns(analyser: Analyser) -> None:
    asked = list[int]()

    class Counting:
        def __getattr__(self, name: str) -> object:
            return getattr(analyser, name)

        def analyse(self, texts: Sequence[str], *others: object) -> list[Analysis]:
            asked.append(len(texts))
            return analyser.analyse(texts, *others)  # type: ignore[arg-type]

    service = TextService(Counting)  # type: ignore[arg-type]
    await service.analyse(["good"] * 300, ["sentiment"], turn=256)
    await service.analyse(["good"] * 100, ["sentiment"])
    await service.close()
    assert asked == [256, 44, 64, 36]


async def test_while_one_turn_is_in_the_encoder_another_goes_on(analyser: Analyser) -> None:
    together = threading.Barrier(ABREAST)

    class Meeting:
        def __getattr__(self, name: str) -> object:
            return getattr(analyser, name)

        def analyse(self, texts: Sequence[str], *others: object) -> list[Analysis]:
            together.wait(10)
            return analyser.analyse(texts, *others)  # type: ignore[arg-type]

    service = TextService(Meeting)  # type: ignore[arg-type]
    assert len(await service.analyse(["good"] * ABREAST * TURN, ["sentiment"])) == ABREAST * TURN
    await service.close()


async def test_a_call_with_long_texts_lets_others_between(analyser: Analyser) -> None:
    service = TextService(lambda: analyser)
    long = asyncio.create_task(service.analyse(["good " * 4_000] * 4, ["sentiment"]))
    await asyncio.sleep(0)
    await service.analyse(["good"], ["sentiment"])
    assert not long.done()
    assert len(await long) == 4
    await service.close()


async def test_a_model_that_cannot_be_used_is_unavailable() -> None:
    def damaged() -> Analyser:
        raise ArtefactError("heads.npz cannot be read")

    service = TextService(damaged)
    assert service.state == "read at the first text"
    with pytest.raises(ModelUnavailable, match=r"heads\.npz cannot be read"):
        await service.analyse(["good"], ["sentiment"])
    assert "heads.npz cannot be read" in service.state
    await service.close()


async def test_what_cannot_be_asked_is_named(analyser: Analyser) -> None:
    service = TextService(lambda: analyser)
    with pytest.raises(InvalidInput) as wrong:
        await service.analyse(["good"], ["sentiments"])
    assert wrong.value.field == "questions"
    with pytest.raises(InvalidInput) as wrong:
        await service.analyse(["good", "awful"], ["aspect"], [[(0, 4)]])
    assert wrong.value.field == "targets"
    await service.close()


async def test_the_event_loop_goes_on_and_the_queue_is_bounded(analyser: Analyser) -> None:
    go = threading.Event()

    def held() -> Analyser:
        go.wait()
        return analyser

    service = TextService(held)
    calls = [asyncio.create_task(service.analyse(["good"], ["sentiment"])) for _ in range(WAITING + ABREAST + 1)]
    _, waiting = await asyncio.wait(calls, return_when=asyncio.FIRST_COMPLETED)
    assert len(waiting) >= WAITING
    go.set()
    answers = await asyncio.gather(*calls, return_exceptions=True)
    assert any(isinstance(answer, Overloaded) for answer in answers)
    await service.close()
    with pytest.raises(Overloaded):
        await service.analyse(["good"], ["sentiment"])


async def test_without_texts_nothing_is_read(tmp_path: Path) -> None:
    def none() -> Analyser:
        raise AssertionError(tmp_path)

    service = TextService(none)
    assert await service.analyse([], ["sentiment"]) == []
    await service.close()
