"""Accepted suggestions as rows that a text head can be taught with."""

from collections.abc import Mapping

from socialflow.moderation.perspective import ATTRIBUTES, attribute_of
from socialflow.moderation.suggestions.records import Suggestion

LIKELY = 0.5
"""From this suggested score on a label applies: it is more likely than not."""


def training_row(suggestion: Suggestion) -> Mapping[str, object]:
    """The comment, its first language, and each label of `toxicity` as 1, 0 or None (nothing was suggested of it).

    Only scores of whole comments count: a head is taught what a text is, not where. Of an attribute that was named
    twice (`INSULT` and `INSULT_EXPERIMENTAL`) the greater score counts.
    """
    said = suggestion.said
    greatest: dict[str, float] = {}
    for name, one in said.scores.items():
        attribute = attribute_of(name)
        if attribute is not None and one.summary is not None:
            greatest[attribute] = max(one.summary, greatest.get(attribute, 0.0))
    labels = {
        label: None if (score := greatest.get(attribute)) is None else int(score >= LIKELY)
        for attribute, label in ATTRIBUTES.items()
    }
    language = next(iter(said.languages or said.detected), None)
    return {"id": suggestion.id, "text": said.text, "language": language, **labels}
