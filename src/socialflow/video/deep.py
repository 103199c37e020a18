"""A video as a whole: what is seen, heard, read and said in one timeline, and what follows from it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, ClassVar

from socialflow.catalogue.upstream.handed import first_of, handed, provenance
from socialflow.catalogue.upstream.ports import Models
from socialflow.catalogue.upstream.shared import shared_models
from socialflow.image.captioning import MODEL as CAPTIONER
from socialflow.kit.analyses import Options, lacking_in, watched_by
from socialflow.kit.answers import Answered, Provenance, Status, Tier
from socialflow.video.analysis import Analysis, answered
from socialflow.video.happening import events_of
from socialflow.video.questions import Reply, ask
from socialflow.video.reader import VideoReader, Watching, aside, shared_reader
from socialflow.video.records import Pass
from socialflow.video.relations import relations
from socialflow.video.summary import caption, summary
from socialflow.video.timeline import Event, EventKind, Placed

FUSED = Provenance("timeline", "1", Tier.HEURISTIC)
"""What is made of the parts: by rules, not learnt."""


class DeepAnalysis(Analysis):
    """Puts together what other analyses found in the same pass.

    The answer: `timeline` [{kind, start, end, label, score, track, places}], `relations` [{subject, thing, thing_track,
    kind, start, end, score, action}], `summary`, `caption`, `captioned_by` (a model, or "timeline"), `sentences` of the
    captioner where there is one, and `parts` {analysis: status}.
    """

    name: ClassVar[str] = "deep"

    def __init__(self, models: Models, parts: Sequence[Analysis]) -> None:
        self._parts = parts
        self._captioner, self._lacking = first_of(models, CAPTIONER)

    @property
    def watches(self) -> Options:
        """Everything that its parts need, and the captioner."""
        told = {"sentences": {"model": handed(self._captioner)}} if self._captioner else {}
        return {**watched_by(self._parts), **told}

    def conclude(self, seen: Pass) -> Answered:
        """The timeline and what follows from it; it abstains where nothing was found in any way."""
        answers = {part.name: part.conclude(seen) for part in self._parts}
        events = events_of(seen, answers)
        links = relations(events)
        said = seen.findings["sentences"].body["sentences"] if self._captioner else []
        best = max(said, key=lambda one: one["score"], default=None)
        missing = (*lacking_in(answers), *self._lacking)
        answer = {
            "timeline": [asdict(one) for one in events],
            "relations": [asdict(one) for one in links],
            "summary": summary(events, links, max(seen.read.seconds, seen.read.sound_seconds)),
            "caption": best["text"] if best else caption(events, links),
            "captioned_by": CAPTIONER if best else "timeline",
            "sentences": said,
            "parts": {name: one.status for name, one in answers.items()},
        }
        made = dict.fromkeys(source for one in answers.values() for source in one.provenance)
        captioner = (provenance(self._captioner),) if self._captioner else ()
        status = Status.ABSTAINED if not events and not best else Status.PARTIAL if missing else Status.COMPLETE
        return Answered(status, missing, (*made, *captioner, FUSED), answer)


class DeepVideoAnalyzer:
    """Understands a video as a whole, by what was seen, heard, read and said in one pass.

    Parameters:
        reader: decodes in a bounded child; None: the one that all share.
        models: those that others trained; None: those of the installation.
    """

    def __init__(self, reader: VideoReader | None = None, models: Models | None = None) -> None:
        self._reader, self._models = reader, models

    def predict(self, path: Path | str, watching: Watching | None = None) -> dict[str, Any]:
        """What `DeepAnalysis` answers of a file, with `status`, `missing` and `provenance`.

        Raises what `VideoReader.watch` does.
        """
        from socialflow.video.builders import deep  # which names this module's class

        analysis = deep(self._models or shared_models())
        seen = (self._reader or shared_reader()).watch(Path(path), analysis.watches, watching)
        told = answered(analysis, seen)
        return {
            **told.answer,
            "status": told.status,
            "missing": list(told.missing),
            "provenance": list(told.provenance),
        }

    async def analyze(self, path: Path | str) -> dict[str, Any]:
        """As `predict`, in another thread; cancelling it ends the decoding."""
        return await aside(lambda watching: self.predict(path, watching))

    def ask(self, question: str, told: Mapping[str, Any]) -> Reply:
        """Answer a question of when, how many or in which order from what `predict` told."""
        return ask(question, events_in(told["timeline"]))


def events_in(timeline: Sequence[Mapping[str, Any]]) -> list[Event]:
    """A timeline as events, as it stands in an answer."""
    return [
        Event(**{**one, "kind": EventKind(one["kind"]), "places": tuple(Placed(**at) for at in one["places"])})
        for one in timeline
    ]
