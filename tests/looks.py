"""What the services that look at words, pictures and films told, made up."""

from collections.abc import Mapping, Sequence
from typing import Any

from socialflow.image.analysis import ImageReport
from socialflow.image.records import ImageInfo
from socialflow.kit.answers import Answered, Provenance, Status, Tier
from socialflow.moderation.gather.text import LABELS
from socialflow.text.records import Analysis, Answer, Detection, Labels, Span, Spans
from socialflow.video.analysis import Report
from socialflow.video.records import Read, VideoInfo

DECENCY = Provenance("nsfw-mobilenet-v2", "abc", Tier.DOWNLOADED)
OBJECTS = Provenance("yolox-nano-coco", "def", Tier.DOWNLOADED)
OCR = Provenance("rapidocr_ppocrv6_small", "3", Tier.BUNDLED)
SIGNS = Provenance("violence_signs", "1", Tier.HEURISTIC)
WHISPER = Provenance("whisper-small", "1", Tier.DOWNLOADED)
NO_DECENCY, NO_OBJECTS, NO_OCR = "model:nsfw-mobilenet-v2", "model:yolox-nano-coco", "library:rapidocr"
ENCODER = Provenance("text", "1", Tier.BUNDLED)
LINEAR = Provenance("text-languages", "1", Tier.BUNDLED)
NOTHING: Mapping[str, Any] = {"unsafe": None, "questionable": None}


def picture(
    unsafe: float | None = 0.0,
    questionable: float = 0.0,
    *,
    objects: Mapping[str, float] | None = None,
    text: str | None = "",
    damaged: bool = False,
    hashed: str = "",
) -> ImageReport:
    """A picture; None each where nothing could tell."""
    analyses = {
        "nsfw": Answered(Status.ABSTAINED, (NO_DECENCY, "category:gore"), (), NOTHING)
        if unsafe is None
        else Answered(Status.PARTIAL, ("category:gore",), (DECENCY,), {"unsafe": unsafe, "questionable": questionable}),
        "objects": Answered(Status.ABSTAINED, (NO_OBJECTS,), (), {})
        if objects is None
        else Answered(
            Status.COMPLETE,
            (),
            (OBJECTS,),
            {"objects": [{"label": label, "score": score} for label, score in objects.items()]},
        ),
        "text": Answered(Status.ABSTAINED, (NO_OCR,), (OCR,), {"lines": [], "text": ""})
        if text is None
        else Answered(Status.COMPLETE, (), (OCR,), {"lines": [], "text": text}),
    }
    if hashed:
        analyses["vector"] = Answered(Status.COMPLETE, (), (), {"pdq": {"hash": hashed, "quality": 100}})
    return ImageReport(ImageInfo("png", 64, 48, 1, transparent=False, turned=False), damaged, analyses)


def scene(start: float, score: float = 0.0, **signs: tuple[float, float]) -> dict[str, Any]:
    """Four seconds with signs, each its value and weight."""
    told = [{"name": name, "value": value, "weight": weight, "detail": ""} for name, (value, weight) in signs.items()]
    return {"start": start, "end": start + 4.0, "score": score, "signs": told}


def film(
    unsafe: float | None = 0.0,
    *,
    scenes: Sequence[Mapping[str, Any]] = (),
    no_models: Sequence[str] = (),
    lines: Sequence[tuple[str, float, float]] = (),
    words: Sequence[tuple[str, float, float]] = (),
    by: Provenance = WHISPER,
    no_sound: str = "",
    no_voices: Sequence[str] = (),
    lacking: Sequence[str] = (),
    sound_alone: bool = False,
    fingerprint: str = "",
) -> Report:
    """A film of eight seconds; `no_sound`: `sound` or `speech` where there is none, `no_voices`: what speech lacks."""
    judged = {
        "unsafe": unsafe,
        "questionable": 0.25,
        "peak": {"seconds": 2.0, "unsafe": unsafe},
        "spans": [{"start": 2.0, "end": 3.0, "peak": unsafe}] if unsafe and unsafe >= 0.7 else [],
        "timeline": [{"seconds": 1.0, "questionable": 0.5}, {"seconds": 2.0, "questionable": 0.25}],
    }
    nsfw = Answered(Status.PARTIAL, ("category:gore",), (DECENCY,), judged)
    if unsafe is None:
        nsfw = Answered(Status.ABSTAINED, (NO_DECENCY, "category:gore"), (), {**NOTHING, "peak": None, "timeline": []})
    score = max((float(one["score"]) for one in scenes), default=0.0)
    violence = {"score": score, "scenes": list(scenes)}
    said = [{"text": text, "start": start, "end": end} for text, start, end in words]
    missing = (no_sound,) if no_sound else ()
    shown = [{"text": text, "start": start, "end": end} for text, start, end in lines]
    analyses = {
        "nsfw": nsfw,
        "violence": Answered(Status.PARTIAL, ("classifier:violence", *no_models), (SIGNS,), violence),
        "text": Answered(Status.COMPLETE, (), (OCR,), {"lines": shown}),
        "captions": Answered(
            Status.ABSTAINED if missing else Status.COMPLETE,
            (*missing, *no_voices),
            (Provenance("vad-silero", "1", Tier.DOWNLOADED), *(() if missing else (by,))),
            {"words": said},
        ),
    }
    if fingerprint:
        analyses["fingerprint"] = Answered(Status.COMPLETE, (), (), {"fingerprint": fingerprint})
    codec = None if sound_alone else "h264"
    info = VideoInfo("mp4", codec, 64, 48, 0, 25.0, 8.0, None, "yuv420p", "aac", 16_000, 1)
    return Report(info, Read(200, 8.0, 8.0, tuple(lacking)), analyses)


def told(
    scores: dict[str, float] | None = None,
    spam: float | None = 0.25,
    *,
    spans: Sequence[Span] = (),
    also: Sequence[str] = ("offensive", "hate"),
    missing: Sequence[str] = (),
    by: Provenance = ENCODER,
    **more: Any,
) -> Analysis:
    """What an analyser says: these labels of toxicity (None: none), this probability of spam."""
    answers = {}
    if scores is not None:
        answers["toxicity"] = Answer(Labels(scores, ()), by, None)
        answers |= {name: Answer(Detection.of(0.5), by, None) for name in also}
        answers["toxic_spans"] = Answer(Spans(tuple(spans)), by, None)
    if spam is not None:
        answers["spam"] = Answer(Detection.of(spam), by, None)
    status = Status.PARTIAL if missing else Status.COMPLETE
    return Analysis(answers, status, tuple(missing), more.pop("coverage", 1.0), 1, **more)


CALM = dict.fromkeys(LABELS, 0.125)
