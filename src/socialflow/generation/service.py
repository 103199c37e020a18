"""Replies to messages and suggestions for drafts: nothing is made up, all is found and checked."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from socialflow.content.ports import ContentStore
from socialflow.errors import InvalidInput
from socialflow.generation import choosing, completing, harm, space
from socialflow.generation.bank import Bank, Tone, read_bank, words_of
from socialflow.generation.choosing import Chosen, Mood
from socialflow.generation.continuations import open_sentence
from socialflow.generation.records import (
    CompletionTold,
    HashtagTold,
    Reason,
    RepliesTold,
    ReplyTold,
    SuggestionsTold,
)
from socialflow.generation.space import Space
from socialflow.generation.words import PlatformWords
from socialflow.inference.lane import Lane
from socialflow.kit.answers import Provenance, Status, Tier
from socialflow.kit.clock import Clock
from socialflow.kit.single_flight import SingleFlight
from socialflow.text.bundle import FloatArray
from socialflow.text.language import identifier
from socialflow.text.ports import Model
from socialflow.text.records import Analysis, Choice, Emotions
from socialflow.text.service import TURN, TextService

WAITING = 64
"""Calls that wait for their turn at most."""
MOST = 10
"""Replies, completions or tags of one answer at most."""
LONGEST = 2_000
"""Characters of a message or a draft at most."""
MOST_CONTEXT = 50
ENGLISH = "en"
KNOWN = 0.5
"""Share of its words that the bank knows from which a text counts as English, whatever its trigrams say: those of a
short text say little."""
_QUESTIONS = ("sentence", "intent", "emotion", *harm.QUESTIONS)


@dataclass(frozen=True, slots=True)
class _Refusal:
    reason: Reason
    missing: tuple[str, ...]


class GenerationService:
    """Short replies out of a bank, retrieved by what they are known to answer, and suggestions for what is written.

    Args:
        directory: where the vectors of the bank are kept, for one bank and one text model.
    """

    def __init__(
        self, text: TextService, store: ContentStore, clock: Clock, directory: Path, bank: Bank | None = None
    ) -> None:
        self._text = text
        self._directory = directory
        self._bank = bank or read_bank()
        self._lane = Lane("generation", capacity=WAITING)
        self._words = PlatformWords(store, clock, self._lane)
        self._flight = SingleFlight[Space | None]()
        self._space: Space | None = None

    async def close(self) -> None:
        """Finish what is being worked out."""
        await self._lane.close()

    async def replies(
        self, message: str, context: Sequence[str] = (), tone: Tone | None = None, limit: int = 3
    ) -> RepliesTold:
        """Up to `limit` different replies to a message, best first; `reason` says why there is none.

        Args:
            context: what was said before, oldest first; the last four count, each less than the one after it.
            tone: None takes what suits the situation.

        Raises:
            InvalidInput: a text or a number is out of bounds; names the field.
            ModelUnavailable: there is no text model, or it is damaged.
            Overloaded: too many calls wait.
        """
        _check_context(context)
        thread = (message, *reversed(context[-choosing.EARLIER_MESSAGES :]))
        _check(limit, message=message, context=max(thread[1:], key=len, default=""))
        while True:
            model, analyses = await self._text.ask(_analysed, thread, _QUESTIONS)
            refusal = _refusal(analyses) or await self._lane.run(self._foreign, message)
            if refusal is not None:
                return self._told([], analyses, refusal)
            known = await self._known(model)
            if known is not None:
                chosen = await self._lane.run(self._choose, analyses, known, tone, limit)
                return self._told(chosen, analyses, None if chosen else _Refusal(Reason.TOO_FAR, ()), tone)

    async def suggestions(self, draft: str, reply_to: str | None = None, limit: int = 5) -> SuggestionsTold:
        """How a draft could go on, by replies of the bank and by what several people of the platform wrote, and tags.

        Args:
            reply_to: the message that the draft answers: replies that answer it come first.

        Raises as `replies`, and StoreUnavailable.
        """
        _check(limit, draft=draft, reply_to=reply_to or "")
        while True:
            given = (draft, *((reply_to,) if reply_to else ()))
            model, analyses = await self._text.ask(_analysed, given, _QUESTIONS)
            refusal = _refusal(analyses)
            if refusal is not None:
                return self._suggested([], [], analyses[0], refusal)
            known = await self._known(model)
            if known is not None:
                break
        words = await self._words.get()
        fits = await self._lane.run(self._fits, analyses[1:], known)
        completions = await self._lane.run(completing.completions, self._bank, draft, fits, words.phrases)
        hashtags = await self._lane.run(words.hashtags.fitting, draft, limit)
        told = [HashtagTold(tag=one.tag, score=round(one.score, 4)) for one in hashtags]
        return self._suggested(*await self._harmless(draft, completions[:limit], told), analyses[0], None)

    async def _known(self, model: str) -> Space | None:
        """The bank as vectors of the text model of this digest; None where that is not in use any more."""
        if self._space is None or self._space.model != model:
            self._space = await self._flight.run(model, partial(self._read, model)) or self._space
        return self._space if self._space is not None and self._space.model == model else None

    async def _read(self, model: str) -> Space | None:
        kept = await self._lane.run(Space.load, self._bank, model, self._directory)
        if kept is not None:
            return kept
        messages = [text for one in self._bank.situations for text in one.messages]
        texts = [*messages, *(one.text for one in self._bank.replies)]
        analyses: list[Analysis] = []
        for first in range(0, len(texts), TURN):
            made_by, part = await self._text.ask(_analysed, texts[first : first + TURN], space.QUESTIONS)
            if made_by != model:
                return None
            analyses += part
        made = await self._lane.run(Space.of, self._bank, model, analyses[: len(messages)], analyses[len(messages) :])
        with contextlib.suppress(OSError):  # what cannot be kept is worked out again
            await self._lane.run(made.save, self._directory)
        return made

    async def _harmless(
        self, draft: str, completions: Sequence[CompletionTold], hashtags: Sequence[HashtagTold]
    ) -> tuple[list[CompletionTold], list[HashtagTold]]:
        """Those in which the model finds no harm, completions read with the sentence that they end."""
        begun = open_sentence(draft)
        texts = [*(begun + one["added"] for one in completions), *(one["tag"] for one in hashtags)]
        safe = [not harm.harms(analysis) for analysis in await self._text.analyse(texts, harm.QUESTIONS)]
        first, rest = safe[: len(completions)], safe[len(completions) :]
        return (
            [one for one, good in zip(completions, first, strict=True) if good],
            [one for one, good in zip(hashtags, rest, strict=True) if good],
        )

    def _foreign(self, message: str) -> _Refusal | None:
        """Refused where it is not English; runs in the lane."""
        words = words_of(message)
        if not any(map(str.isalpha, message)) or sum(word in self._bank.words for word in words) >= KNOWN * len(words):
            return None
        (language,) = identifier().identify([message])
        if language.code == ENGLISH:
            return None
        return _Refusal(Reason.LANGUAGE, (f"language:{language.code}",))

    def _choose(self, analyses: Sequence[Analysis], known: Space, tone: Tone | None, limit: int) -> list[Chosen]:
        """Runs in the lane."""
        vectors = [found for analysis in analyses if (found := space.vector(analysis)) is not None]
        return choosing.choose(known, choosing.asked(vectors), _mood(analyses[0]), tone, limit)

    def _fits(self, answered: Sequence[Analysis], known: Space) -> FloatArray | None:
        """What each situation is worth in answer to a message; None without one. Runs in the lane."""
        if not answered or (query := space.vector(answered[0])) is None:
            return None
        near = known.nearness(query)
        told = choosing.scores(self._bank, near, _mood(answered[0]))
        grave = choosing.is_grave(known, near, told)
        return np.where([one.grave == grave for one in self._bank.situations], told, -np.inf)

    def _told(
        self, chosen: Sequence[Chosen], analyses: Sequence[Analysis], refusal: _Refusal | None, tone: Tone | None = None
    ) -> RepliesTold:
        about = analyses[0]
        intent, emotions = about.record("intent", Choice), about.record("emotion", Emotions)
        missing = (
            *about.missing,
            *(refusal.missing if refusal else ()),
            *(f"context:-{place}" for place, one in enumerate(analyses[1:], 1) if not one.answers),
            *((f"tone:{tone}",) if tone and any(one.reply.tone != tone for one in chosen) else ()),
        )
        replies = [
            ReplyTold(
                text=one.reply.text,
                tone=one.reply.tone,
                act=one.reply.act,
                situation=self._bank.situations[one.reply.situation].name,
                score=one.score,
            )
            for one in chosen
        ]
        return RepliesTold(
            replies=replies,
            intent=None if intent is None else intent.label,
            emotion=None if emotions is None else emotions.dominant,
            reason=refusal.reason if refusal else None,
            status=_status(bool(replies), missing),
            missing=list(dict.fromkeys(missing)),
            provenance=[*_models(about), self._made_by("replies")],
        )

    def _suggested(
        self,
        completions: list[CompletionTold],
        hashtags: list[HashtagTold],
        about: Analysis,
        refusal: _Refusal | None,
    ) -> SuggestionsTold:
        missing = (*about.missing, *(refusal.missing if refusal else ()))
        return SuggestionsTold(
            completions=completions,
            hashtags=hashtags,
            reason=refusal.reason if refusal else None,
            status=_status(refusal is None, missing),
            missing=list(dict.fromkeys(missing)),
            provenance=[*_models(about), self._made_by("suggestions")],
        )

    def _made_by(self, method: str) -> Provenance:
        """Retrieval, its version that of the bank: weights set by hand are a heuristic."""
        return Provenance(method, self._bank.version, Tier.HEURISTIC)


def _analysed(analyser: Model, texts: Sequence[str], questions: Sequence[str]) -> tuple[str, list[Analysis]]:
    """Answers, and the digest of the model that gave them."""
    return analyser.digest, analyser.analyse(texts, questions)


def _check(limit: int, **texts: str) -> None:
    if not 1 <= limit <= MOST:
        raise InvalidInput(f"limit must be 1 to {MOST}, not {limit}", field="limit")
    for name, text in texts.items():
        if len(text) > LONGEST:
            raise InvalidInput(f"{name} may have {LONGEST} characters, not {len(text)}", field=name)


def _check_context(context: Sequence[str]) -> None:
    if len(context) > MOST_CONTEXT:
        raise InvalidInput(f"context may have {MOST_CONTEXT} messages, not {len(context)}", field="context")


def _refusal(analyses: Sequence[Analysis]) -> _Refusal | None:
    """Why a thread, its last message first, is not answered. An earlier one that cannot be read does not count."""
    if "sentence" not in analyses[0].answers:
        return _Refusal(Reason.EMPTY, ())
    found = [name for analysis in analyses if analysis.answers for name in harm.harms(analysis)]
    if found:
        unchecked = (name.partition(":")[2] for name in found if name.startswith("unchecked:"))
        return _Refusal(Reason.HARMFUL, tuple(unchecked))
    return None


def _mood(analysis: Analysis) -> Mood:
    intent, emotions = analysis.record("intent", Choice), analysis.record("emotion", Emotions)
    return Mood(intent.probabilities if intent else {}, emotions.scores if emotions else {})


def _models(analysis: Analysis) -> list[Provenance]:
    return list(dict.fromkeys(answer.provenance for answer in analysis.answers.values()))


def _status(told: bool, missing: Sequence[str]) -> Status:
    if not told:
        return Status.ABSTAINED
    return Status.PARTIAL if missing else Status.COMPLETE
