"""Every question about text that a running platform asks, in one queue."""

import asyncio
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Concatenate, ParamSpec, TypeVar

from socialflow.errors import ArtefactError, InvalidInput, ModelUnavailable
from socialflow.inference.lane import Lane
from socialflow.text.multilingual import multilingual
from socialflow.text.ports import Answering, Model
from socialflow.text.reading import Target
from socialflow.text.records import Analysis

P = ParamSpec("P")
T = TypeVar("T")

WAITING = 64
"""Calls that wait for their turn at most."""
TURN, TURN_CHARACTERS = 64, 20_000
"""Texts and characters that are analysed in one turn; a call with more waits again, so that short calls get between."""
ABREAST = 2
"""Turns at the same time: while one is in the encoder, the words of another are looked at."""


class TextService:
    """Answers from one encoding, on threads of its own: the event loop never waits for arithmetic.

    Args:
        load: gives the analyser, in every turn, one turn at a time; what it raises is raised to who asked.
    """

    def __init__(self, load: Callable[[], Model] = multilingual) -> None:
        self._load = load
        self._loading = threading.Lock()
        self._lane = Lane("text", capacity=WAITING, threads=ABREAST)
        self._state = "read at the first text"

    @property
    def state(self) -> str:
        """Version of the model that answered last, or why there was none."""
        return self._state

    async def analyse(
        self,
        texts: Sequence[str],
        questions: Collection[str],
        targets: Sequence[Sequence[Target]] | None = None,
        *,
        turn: int = TURN,
    ) -> list[Analysis]:
        """As `Analyser.analyse`; its model is read at the first text.

        `turn` texts of usual length are analysed at a time: more of them take less time in all (a quarter less of 256),
        and others wait longer between.

        Raises:
            InvalidInput: as there; names the field.
            ModelUnavailable: there is no text model, or it is damaged.
            Overloaded: too many calls wait.
        """
        if targets is not None and len(targets) != len(texts):
            raise InvalidInput(f"targets are given for {len(targets)} texts, not {len(texts)}", field="targets")
        gate = asyncio.Semaphore(ABREAST)

        async def one(part: slice) -> list[Analysis]:
            async with gate:
                return await self.ask(_analysed, texts[part], questions, None if targets is None else targets[part])

        parts = [asyncio.ensure_future(one(part)) for part in _turns(texts, turn)]
        try:
            return [analysis for told in await asyncio.gather(*parts) for analysis in told]
        finally:
            for waits in parts:  # nothing more is asked where one failed
                waits.cancel()

    async def ask(self, question: Callable[Concatenate[Model, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Call `question(analyser, ...)` in one turn, for what is more than `analyse`. Raises as `analyse` does."""
        return await self._lane.run(self._ask, lambda analyser: question(analyser, *args, **kwargs))

    @property
    def waiting(self) -> int:
        """Calls that wait for their turn."""
        return self._lane.waiting

    async def close(self) -> None:
        """Finish what was accepted."""
        await self._lane.close()

    def _ask(self, question: Callable[[Model], T]) -> T:
        try:
            with self._loading:
                analyser = self._load()
            answer = question(analyser)
        except ArtefactError as problem:
            self._state = f"the text model is damaged: {problem}; promote another version or install the package again"
            raise ModelUnavailable(self._state) from problem
        except ModelUnavailable as problem:
            self._state = problem.message
            raise
        self._state = analyser.provenance.version
        return answer


def _turns(texts: Sequence[str], turn: int = TURN) -> Iterator[slice]:
    """Texts in order, one turn at a time: one that is longer than a turn's characters has a turn of its own."""
    first, size, characters = 0, 0, TURN_CHARACTERS * turn // TURN
    for place, text in enumerate(texts):
        if place > first and (place - first == turn or size + len(text) > characters):
            yield slice(first, place)
            first, size = place, 0
        size += len(text)
    if texts:
        yield slice(first, len(texts))


def _analysed(
    analyser: Answering,
    texts: Sequence[str],
    questions: Collection[str],
    targets: Sequence[Sequence[Target]] | None,
) -> list[Analysis]:
    return analyser.analyse(texts, questions, targets)
