"""What was judged, as the dictionaries that callers are given."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypedDict

from socialflow.catalogue.upstream.handed import commands
from socialflow.content.records import ModerationStatus
from socialflow.image.nsfw import APPROVE, FLAG, REJECT, UNKNOWN
from socialflow.image.nsfw import judged as fit
from socialflow.kit.answers import Provenance, Status
from socialflow.moderation.gather.combining import number_of
from socialflow.moderation.gather.text import LABELS
from socialflow.moderation.image_moderator import TOXIC, ImageModeration
from socialflow.moderation.moderator import Judgement
from socialflow.moderation.policy.evaluate import MEASURED
from socialflow.moderation.policy.records import NOT_CHECKED, UNCHECKED, Policy
from socialflow.moderation.records import Hit, Place, PolicyVersion, Reading, Signals, Verdict
from socialflow.moderation.text_moderator import Scores

ACTIONS: Mapping[ModerationStatus, str] = {
    ModerationStatus.APPROVED: APPROVE,
    ModerationStatus.REJECTED: REJECT,
    ModerationStatus.FLAGGED: FLAG,
    ModerationStatus.REVIEW_REQUIRED: FLAG,
    ModerationStatus.PENDING: FLAG,
}
"""What a platform is to do, by what was decided."""
SCORES = ("toxic", "severe_toxic", "obscene", "threat", "insult", "identity_hate")
"""Names that the toxic comment challenge gave to `gather.text.LABELS`."""
FILM = ("nsfw", "suggestive", "violence", "blood", "weapons", "text_toxicity", "speech_toxicity")


class TextTold(Scores):
    """What is said of the words; `spans` are stretches that offend, as offsets in `Content.words`."""

    spans: list[Place]


class VideoTold(TypedDict):
    """What is said of a film, each 0 to 1; None where nothing could tell. `spans` are seconds, by name."""

    nsfw: float | None
    suggestive: float | None
    violence: float | None
    blood: float | None
    weapons: float | None
    text_toxicity: float | None
    speech_toxicity: float | None
    spans: dict[str, list[Place]]
    status: Status
    missing: list[str]
    provenance: list[Provenance]


class RuleTold(TypedDict):
    """A rule that applied: `text` is what the author reads, `because` the conditions that held, `missing` the signals
    for want of which it applied; `capped`: it would have done worse, but for resting on a heuristic."""

    rule: str
    reason: str
    text: str
    acts: list[str]
    because: list[str]
    missing: list[str]
    labels: list[str]
    capped: bool


class Moderated(TypedDict):
    """What one piece of content was judged to be; nothing of it is stored.

    `is_safe` only where it was approved. `missing` names each signal that could not be had, `missing_because` says why,
    `commands` what brings the models that are not here.
    """

    is_safe: bool
    decision: str
    action: str
    flags: list[str]
    confidence: float | None
    risk_score: float | None
    labels: list[str]
    rules: list[RuleTold]
    text_moderation: TextTold | None
    image_moderation: list[ImageModeration]
    video_moderation: VideoTold | None
    signals: dict[str, Reading]
    status: Status
    missing: list[str]
    missing_because: dict[str, str]
    commands: Mapping[str, str]
    provenance: list[Provenance]
    policy: PolicyVersion


@dataclass(frozen=True, slots=True)
class Reasoned:
    """A reason as its author reads it."""

    code: str
    text: str


def moderated(judgement: Judgement) -> Moderated:
    """A judgement as a dictionary."""
    content, gathered = judgement.content, judgement.gathered
    signals, verdict = gathered.signals, judgement.verdict
    pictures = gathered.files[: len(content.pictures)]
    film = gathered.files[-1] if content.video is not None and gathered.files else None
    return Moderated(
        is_safe=verdict.status is ModerationStatus.APPROVED,
        decision=verdict.status.value,
        action=ACTIONS[verdict.status],
        flags=list(verdict.flags),
        confidence=verdict.confidence,
        risk_score=verdict.risk,
        labels=list(verdict.labels),
        rules=rules(verdict, judgement.standing.policy.policy),
        text_moderation=text_told(signals) if content.words.strip() else None,
        image_moderation=[picture_told(one) for one in pictures],
        video_moderation=None if film is None else video_told(film),
        signals=dict(signals.readings),
        status=status_of(signals),
        missing=list(signals.missing),
        missing_because=dict(signals.missing),
        commands=commands(signals.missing.values()),
        provenance=made(signals.readings.values()),
        policy=judgement.standing.version,
    )


def status_of(signals: Signals) -> Status:
    """Complete where no signal is missing, abstained where no harm could be measured."""
    if not signals.missing:
        return Status.COMPLETE if signals.readings else Status.ABSTAINED
    return Status.ABSTAINED if MEASURED.isdisjoint(signals.readings) else Status.PARTIAL


def made(readings: Iterable[Reading]) -> list[Provenance]:
    """What measured them, each once."""
    return list(dict.fromkeys(Provenance(one.model, one.version, one.tier) for one in readings))


def rules(verdict: Verdict, policy: Policy | None) -> list[RuleTold]:
    """The rules that applied, with the words of this policy's reasons."""
    return [
        RuleTold(
            rule=hit.rule,
            reason=hit.reason,
            text=text_of(hit.reason, policy),
            acts=[act.value for act in hit.acts],
            because=list(hit.because),
            missing=list(hit.missing),
            labels=list(hit.labels),
            capped=hit.capped,
        )
        for hit in verdict.hits
    ]


def reasons(hits: Iterable[Hit], policy: Policy | None) -> list[Reasoned]:
    """Reasons as authors read them, each once."""
    codes = dict.fromkeys(hit.reason for hit in hits)
    return [Reasoned(code, text_of(code, policy)) for code in codes]


def text_of(code: str, policy: Policy | None) -> str:
    """What authors read of a reason; of one that the policy has not (a person's may be any), its code in words."""
    if policy is not None and code in policy.reasons:
        return policy.reasons[code].text
    return NOT_CHECKED.text if code == UNCHECKED else f"It goes against the rules: {code.replace('_', ' ')}."


def text_told(signals: Signals) -> TextTold:
    """The words, under the names of the toxic comment challenge."""
    names = [f"text.{label}" for label in LABELS]
    found = {name: _value(signals, name) for name in names}
    known = [value for value in found.values() if value is not None]
    about = _about(signals, "text.")
    toxicity = signals.readings.get(names[0])
    toxic, severe, obscene, threat, insult, hate = (found[name] for name in names)
    return TextTold(
        toxic=toxic,
        severe_toxic=severe,
        obscene=obscene,
        threat=threat,
        insult=insult,
        identity_hate=hate,
        overall_toxic=max(known, default=None),
        spans=[] if toxicity is None else list(toxicity.places),
        status=_status(about, known=bool(known)),
        missing=_why(about),
        provenance=made(about.readings.values()),
    )


def picture_told(signals: Signals) -> ImageModeration:
    """One picture, as `ImageModerator` tells it; what was given as a picture and moves is told by its worst moment."""
    kind = "image" if any(name.startswith("image.") for name in (*signals.readings, *signals.missing)) else "video"
    unsafe, questionable = _value(signals, f"{kind}.nsfw"), _value(signals, f"{kind}.suggestive")
    toxicity = _value(signals, f"{kind}.text_toxicity")
    missing = _why(_about(signals, f"{kind}."))
    safe, is_safe, action = None, False, FLAG
    if unsafe is not None and questionable is not None:
        safe = round(max(0.0, 1.0 - unsafe - questionable), 4)
        judged = fit({"drawing": 0.0, "hentai": 0.0, "neutral": safe, "porn": unsafe, "sexy": questionable})
        is_safe, action = judged["is_safe"], judged["recommended_action"]
        missing += UNKNOWN
    is_safe = is_safe and toxicity is not None and toxicity < TOXIC
    damaged = any(why.startswith("media:") for why in missing)
    return ImageModeration(
        safe=safe,
        questionable=questionable,
        unsafe=unsafe,
        is_safe=is_safe,
        text_toxicity=toxicity,
        weapons=_value(signals, f"{kind}.weapons"),
        recommended_action=FLAG if action == APPROVE and (not is_safe or damaged) else action,
        status=Status.ABSTAINED if safe is None and toxicity is None else Status.PARTIAL,
        missing=missing,
        provenance=made(signals.readings.values()),
    )


def video_told(signals: Signals) -> VideoTold:
    """One film."""
    about = _about(signals, "video.")
    nsfw, suggestive, violence, blood, weapons, text, speech = (_value(about, f"video.{name}") for name in FILM)
    return VideoTold(
        nsfw=nsfw,
        suggestive=suggestive,
        violence=violence,
        blood=blood,
        weapons=weapons,
        text_toxicity=text,
        speech_toxicity=speech,
        spans={
            name: list(reading.places)
            for name in FILM
            if (reading := about.readings.get(f"video.{name}")) is not None and reading.places
        },
        status=_status(about, known=not MEASURED.isdisjoint(about.readings)),
        missing=_why(about),
        provenance=made(about.readings.values()),
    )


def _value(signals: Signals, name: str) -> float | None:
    reading = signals.readings.get(name)
    return None if reading is None or reading.coverage <= 0 else number_of(reading)


def _about(signals: Signals, prefix: str) -> Signals:
    return Signals(
        {name: one for name, one in signals.readings.items() if name.startswith(prefix)},
        {name: why for name, why in signals.missing.items() if name.startswith(prefix)},
    )


def _status(about: Signals, *, known: bool) -> Status:
    if not known:
        return Status.ABSTAINED
    return Status.PARTIAL if about.missing else Status.COMPLETE


def _why(about: Signals) -> list[str]:
    """Why signals are missing, each reason once."""
    return list(dict.fromkeys(about.missing.values()))
