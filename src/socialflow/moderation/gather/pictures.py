"""What one look at a picture says, as signals."""

from collections.abc import Mapping, Sequence
from typing import Any

from socialflow.image.analysis import ImageReport
from socialflow.kit.answers import Answered, Status, Tier
from socialflow.moderation.gather.combining import Sheet
from socialflow.moderation.gather.heard import toxicity_of
from socialflow.moderation.gather.records import Looked
from socialflow.moderation.records import Signals
from socialflow.text.records import Analysis
from socialflow.video.violence import combined, weapons

ANALYSES = ("nsfw", "objects", "text")
"""What is asked of every picture, in one look."""
DECENCY, ARMS, SHOWN = ("image.nsfw", "image.suggestive"), "image.weapons", "image.text_toxicity"
SIGNALS = (*DECENCY, ARMS, SHOWN)
DAMAGED = "media:damaged"
"""Why what was measured may not be all: the file breaks off."""


def words_of(report: ImageReport) -> str:
    """What is written in a picture; empty where nothing is, or nothing could read it."""
    return str(report.analyses["text"].answer.get("text", ""))


def picture_alone(looked: Looked, told: Analysis | None) -> Signals:
    """Signals of one picture; `told` has what the text analysis says of the words in it, None where there are none."""
    sheet = Sheet()
    if looked.picture is None:
        if looked.film is None:
            sheet.lack(looked.reason, *SIGNALS)
        return sheet.signals()
    analyses = looked.picture.analyses
    _decency(sheet, analyses["nsfw"])
    _weapons(sheet, analyses["objects"])
    written = analyses["text"]
    if written.status is Status.ABSTAINED:
        sheet.lack(first(written), SHOWN)
    else:
        toxicity_of(sheet, SHOWN, written.provenance[0], told)
    if looked.picture.damaged:
        sheet.lack(DAMAGED, *SIGNALS)
    return sheet.signals()


def _decency(sheet: Sheet, answered: Answered) -> None:
    answer = answered.answer
    if answer["unsafe"] is None:
        sheet.lack(first(answered), *DECENCY)
        return
    (made,) = answered.provenance
    for name, value in zip(DECENCY, (answer["unsafe"], answer["questionable"]), strict=True):
        sheet.read(name, float(value), made)


def _weapons(sheet: Sheet, answered: Answered) -> None:
    """Knives, scissors and baseball bats, each by its weight: a weak sign, and none beside what is for a kitchen, a
    desk or a game."""
    if answered.status is Status.ABSTAINED:
        sheet.lack(first(answered), ARMS)
        return
    scores = dict[str, float]()
    objects: Sequence[Mapping[str, Any]] = answered.answer["objects"]
    for one in objects:
        scores[one["label"]] = max(scores.get(one["label"], 0.0), float(one["score"]))
    sheet.read(ARMS, combined(weapons(scores)), answered.provenance[0], tier=Tier.HEURISTIC)


def first(answered: Answered) -> str:
    """The first thing that an answer lacks."""
    return named(answered.missing[0]) if answered.missing else "media:unseen"


def named(lacking: str) -> str:
    """What an answer lacks as a reason: of `pictures` and the like with the kind before it."""
    return lacking if ":" in lacking else f"media:{lacking}"
