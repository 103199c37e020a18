"""What one pass over a video says, as signals."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from socialflow.catalogue.upstream.handed import LACKING
from socialflow.kit.answers import Answered, Status, Tier
from socialflow.moderation.gather.combining import Sheet
from socialflow.moderation.gather.heard import Said, toxicity_of
from socialflow.moderation.gather.pictures import DAMAGED, first, named
from socialflow.moderation.gather.records import Looked
from socialflow.moderation.records import Place, Signals
from socialflow.text.records import Analysis
from socialflow.video.analysis import Report
from socialflow.video.sphinx import NAME as SPHINX
from socialflow.video.violence import MODEL as NO_CLASSIFIER
from socialflow.video.whisper import ADVISED

ANALYSES = ("nsfw", "violence", "text", "captions")
"""What is asked of every video, in one pass."""
DECENCY = ("video.nsfw", "video.suggestive")
SIGNS = {"video.blood": "blood", "video.weapons": "weapon"}
VIOLENCE, SHOWN, SPOKEN = "video.violence", "video.text_toxicity", "video.speech_toxicity"
OF_PICTURES = (*DECENCY, VIOLENCE, *SIGNS, SHOWN)
SIGNALS = (*OF_PICTURES, SPOKEN)


class Words(NamedTuple):
    """What the text analysis says of the words that a film shows and of those that are spoken; None: there are none."""

    shown: Analysis | None = None
    spoken: Analysis | None = None


def shown_in(report: Report) -> list[Said]:
    """Lines on screen, each once, with its seconds."""
    lines: Sequence[Mapping[str, Any]] = report.analyses["text"].answer.get("lines", ())
    found = dict[str, Said]()
    for line in lines:
        found.setdefault(line["text"], Said(line["text"], float(line["start"]), float(line["end"])))
    return list(found.values())


def spoken_in(report: Report) -> list[Said]:
    """Words as they were recognised, with their seconds."""
    words: Sequence[Mapping[str, Any]] = report.analyses["captions"].answer.get("words", ())
    return [Said(word["text"], float(word["start"]), float(word["end"])) for word in words]


def film_alone(looked: Looked, told: Words) -> Signals:
    """Signals of one film alone."""
    sheet = Sheet()
    report = looked.film
    if report is None:
        if looked.picture is None:
            sheet.lack(looked.reason, *SIGNALS)
        return sheet.signals()
    asked = list[str]()
    if report.info.codec is not None:
        asked += OF_PICTURES
        _decency(sheet, report.analyses["nsfw"])
        _violence(sheet, report.analyses["violence"])
        _written(sheet, report, told.shown)
    if "sound" not in report.analyses["captions"].missing:
        asked.append(SPOKEN)
        _spoken(sheet, report, told.spoken)
    if report.read.lacking:
        sheet.lack(DAMAGED if "video:damaged" in report.read.lacking else "media:rest", *asked)
    return sheet.signals()


def _decency(sheet: Sheet, answered: Answered) -> None:
    answer = answered.answer
    if answer["unsafe"] is None:
        sheet.lack(first(answered), *DECENCY)
        return
    (made,) = answered.provenance
    peak, timeline = answer["peak"], answer["timeline"]
    places = [Place(span["start"], span["end"], span["peak"]) for span in answer["spans"]]
    places = places or [Place(peak["seconds"], peak["seconds"], peak["unsafe"])]
    sheet.read(DECENCY[0], float(answer["unsafe"]), made, places=places)
    least = max(timeline, key=lambda moment: float(moment["questionable"]))
    there = Place(least["seconds"], least["seconds"], least["questionable"])
    sheet.read(DECENCY[1], float(least["questionable"]), made, places=[there])


def _violence(sheet: Sheet, answered: Answered) -> None:
    """Signs of it, and what they are; a weapon that lies beside what is for a kitchen, a desk or a game is none."""
    models = [one for one in answered.missing if one not in (NO_CLASSIFIER, "sound")]
    if answered.status is Status.ABSTAINED:
        sheet.lack("media:pictures", VIOLENCE, *SIGNS)
        return
    (made,) = answered.provenance
    scenes: Sequence[Mapping[str, Any]] = answered.answer["scenes"]
    places = [Place(scene["start"], scene["end"], scene["score"]) for scene in scenes if scene["score"] > 0]
    sheet.read(VIOLENCE, float(answered.answer["score"]), made, places=places)
    objects = [one for one in models if "yolox" in one or "ssd" in one]
    if models:
        sheet.lack(named(models[0]), VIOLENCE)
    for name, sign in SIGNS.items():
        if sign == "weapon" and objects:
            sheet.lack(objects[0], name)
            continue
        found = [(scene, _degree(scene, sign)) for scene in scenes]
        there = [Place(scene["start"], scene["end"], degree) for scene, degree in found if degree > 0]
        sheet.read(name, max((degree for _, degree in found), default=0.0), made, places=there)


def _degree(scene: Mapping[str, Any], sign: str) -> float:
    """How clear a sign is in a scene: of blood its degree, of weapons as far as they count."""
    signs = [one for one in scene["signs"] if one["name"] == sign]
    degrees = (one["value"] * (one["weight"] if sign == "weapon" else 1.0) for one in signs)
    return round(max((float(degree) for degree in degrees), default=0.0), 4)


def _written(sheet: Sheet, report: Report, told: Analysis | None) -> None:
    answered = report.analyses["text"]
    if answered.status is Status.ABSTAINED:
        sheet.lack(first(answered), SHOWN)
        return
    toxicity_of(sheet, SHOWN, answered.provenance[0], told, shown_in(report))


def _spoken(sheet: Sheet, report: Report, told: Analysis | None) -> None:
    """What a small recogniser heard is a heuristic: it mishears, and knows English alone. Where nobody speaks, none is
    missed."""
    answered = report.analyses["captions"]
    by = answered.provenance[-1]
    weak = by.model == SPHINX or by.tier is Tier.HEURISTIC
    toxicity_of(sheet, SPOKEN, by, told, spoken_in(report), weak=weak)
    unneeded = {"speech", LACKING + ADVISED} if "speech" in answered.missing else set[str]()
    if lacking := [named(one) for one in answered.missing if one not in unneeded]:
        sheet.lack(lacking[0], SPOKEN)
