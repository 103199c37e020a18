"""Every question to a batch of texts, answered from one encoding."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache

from socialflow.errors import InvalidInput
from socialflow.kit.answers import Status, Tier
from socialflow.text.builders import HEADS
from socialflow.text.bundle import PACKAGED, Bundle, read_bundle
from socialflow.text.encoder import Encoder
from socialflow.text.head import AnyHead
from socialflow.text.reading import Reading, Target
from socialflow.text.records import Analysis, Answer

HOME = "en"
"""The language of a bundle that names none."""


class Analyser:
    """Answers with the heads of a bundle. Safe to use from several threads; loads the encoder at the first text.

    `digest` stands for every byte of the bundle; `languages` are those it was trained on, none where it does not tell.

    Raises:
        ArtefactError: a head of the bundle is not what this version takes it for.
    """

    def __init__(self, bundle: Bundle) -> None:
        self.digest = bundle.digest
        self.languages = bundle.languages
        self.provenance = bundle.provenance
        self._encoder = Encoder(bundle)
        self._heads: Mapping[str, AnyHead] = {
            name: kind(bundle.heads[name]) for name, kind in HEADS.items() if name in bundle.heads
        }

    @property
    def makers(self) -> str:
        """Stands for the bundle, in short."""
        return self.digest[:12]

    @property
    def questions(self) -> tuple[str, ...]:
        """What this model can be asked."""
        return tuple(self._heads)

    def analyse(
        self,
        texts: Sequence[str],
        questions: Collection[str],
        targets: Sequence[Sequence[Target]] | None = None,
    ) -> list[Analysis]:
        """Answer each question about each text; all texts go through the encoder once.

        `targets` gives, for each text, the stretches that `aspect` is asked about: offsets of start and end.

        Raises:
            InvalidInput: an unknown question, or targets that are not stretches of their text; names the field.
        """
        asked = [self._heads[name] for name in checked(questions) if name in self._heads]
        readings = self._encoder.read(texts, stretches(texts, targets, asked="aspect" in questions))
        found: dict[tuple[int, int], tuple[object, ...]] = {}
        for batch in self._encoder.encode(readings, [head.name for head in asked]):
            found.update(zip(batch.places, zip(*(head.look(batch) for head in asked), strict=True), strict=bool(asked)))
        lacking = tuple(name for name in questions if name not in self._heads)
        by_text = (
            [found.get((number, place), ()) for place in range(len(reading.windows))]
            for number, reading in enumerate(readings)
        )
        return [self._analysis(reading, asked, rows, lacking) for reading, rows in zip(readings, by_text, strict=True)]

    def spoken(self, texts: Sequence[str]) -> list[str]:
        """Code of the language that each text is taken to be in: the first one that the bundle is for."""
        return [(*self.languages, HOME)[0]] * len(texts)

    def analyse_in(self, language: str, texts: Sequence[str], questions: Collection[str]) -> list[Analysis]:
        """As `analyse`, of texts whose language is known; of another than the bundle's nothing is said."""
        if language not in (self.languages or (HOME,)):
            return [unspoken(language, checked(questions)) for _ in texts]
        return self.analyse(texts, questions)

    def _analysis(
        self,
        reading: Reading,
        asked: Sequence[AnyHead],
        found: Sequence[tuple[object, ...]],
        lacking: tuple[str, ...],
    ) -> Analysis:
        """Of one text: `found` tells for each of its windows what each head that is asked found there."""
        windows, several = reading.windows, len(reading.windows) > 1
        answers = {
            head.name: Answer(head.answer(windows, rows), self.provenance, head.combination if several else None)
            for head, rows in zip(asked, zip(*found, strict=True), strict=bool(windows))
        }
        unanswered = () if windows else tuple(head.name for head in asked)
        missing = (*lacking, *unanswered, *_unread(reading, "aspect" in answers))
        short = Status.PARTIAL if answers else Status.ABSTAINED
        return Analysis(answers, short if missing else Status.COMPLETE, missing, reading.coverage, len(windows))


@cache
def bundled() -> Analyser:
    """The analyser of the model in the package, one a process. Raises ModelUnavailable, ArtefactError."""
    return Analyser(read_bundle(PACKAGED, Tier.BUNDLED))


def unspoken(language: str, questions: Collection[str]) -> Analysis:
    """Of a text in a language that there is no model for."""
    return Analysis({}, Status.ABSTAINED, (*questions, f"language:{language}"), 0.0, 0)


def checked(questions: Collection[str]) -> Collection[str]:
    """The questions given, all of which some head answers. Raises InvalidInput."""
    if unknown := [name for name in questions if name not in HEADS]:
        raise InvalidInput(
            f"{min(unknown)!r} cannot be asked of a text; ask one of {', '.join(HEADS)}", field="questions"
        )
    return questions


def stretches(
    texts: Sequence[str], targets: Sequence[Sequence[Target]] | None, *, asked: bool
) -> Sequence[Sequence[Target]]:
    """Targets of each text, checked; none of each where none are given."""
    if targets is None and asked:
        raise InvalidInput("aspect needs to be told what it is asked about", field="targets")
    if targets is None:
        return [()] * len(texts)
    if len(targets) != len(texts):
        raise InvalidInput(f"targets are given for {len(targets)} texts, not {len(texts)}", field="targets")
    for text, given in zip(texts, targets, strict=True):
        for start, end in given:
            if not 0 <= start < end <= len(text):
                raise InvalidInput(f"{start} to {end} is no stretch of a text of {len(text)}", field="targets")
    return targets


def _unread(reading: Reading, told: bool) -> Iterable[str]:
    """What of the text and of its targets could not be read."""
    if told:
        read = {target for window in reading.windows for target in window.targets}
        yield from (f"aspect:{start}-{end}" for start, end in reading.targets if (start, end) not in read)
    if not reading.windows and reading.coverage == 1.0:
        yield "text:empty"
    if reading.cut:
        yield "text:windows"
    if reading.unknown:
        yield "text:vocabulary"
