"""What may be suggested."""

from collections.abc import Mapping

from socialflow.errors import InvalidInput
from socialflow.moderation.perspective import ATTRIBUTES, MAX_BYTES, attribute_of, utf16
from socialflow.moderation.sealing import canonical
from socialflow.moderation.suggestions.records import (
    MAX_CONTEXT_BYTES,
    MAX_LANGUAGES,
    MAX_LINE,
    MAX_SPANS,
    MAX_TAG,
    NewSuggestion,
    SuggestedScores,
)


def check_suggestion(said: NewSuggestion) -> NewSuggestion:
    """Return it if it can be kept and says something. Raises InvalidInput, naming what is wrong and what would do."""
    _check_words("comment", said.text, MAX_BYTES)
    _check_line("clientToken", said.client_token)
    _check_line("communityId", said.community)
    if len(said.languages) > MAX_LANGUAGES:
        raise InvalidInput(f"at most {MAX_LANGUAGES} languages, not {len(said.languages)}", field="languages")
    for tag in said.languages:
        if not 1 <= len(tag) <= MAX_TAG or not tag.isascii() or not tag.isprintable():
            raise InvalidInput(
                f"a language is a BCP 47 tag of 1 to {MAX_TAG} characters, not {tag!r}", field="languages"
            )
    if said.context is not None and (size := len(canonical(said.context))) > MAX_CONTEXT_BYTES:
        raise InvalidInput(f"context has {size} bytes; at most {MAX_CONTEXT_BYTES} are kept", field="context")
    _check_scores(said.scores, utf16(said.text, len(said.text)))
    return said


def _check_scores(scores: Mapping[str, SuggestedScores], length: int) -> None:
    """`length`: of the comment, in UTF-16 code units."""
    if not scores:
        raise InvalidInput("attribute_scores must not be empty.", field="attributeScores")
    for name, one in scores.items():
        if attribute_of(name) is None:
            known = ", ".join(ATTRIBUTES)
            raise InvalidInput(f"{name} is no attribute of this service; it knows {known}", field="attributeScores")
        if one.summary is None and not one.spans:
            raise InvalidInput(
                f"{name} suggests no score: give summaryScore, spanScores or both", field="attributeScores"
            )
        if len(one.spans) > MAX_SPANS:
            raise InvalidInput(f"{name} may have {MAX_SPANS} spanScores, not {len(one.spans)}", field="attributeScores")
        for value in ([] if one.summary is None else [one.summary]) + [span.value for span in one.spans]:
            if not 0.0 <= value <= 1.0:
                raise InvalidInput(f"a score of {name} must be 0 to 1, not {value}", field="attributeScores")
        for span in one.spans:
            if not 0 <= span.begin < span.end <= length:
                raise InvalidInput(
                    f"a span of {name} goes from {span.begin} to {span.end}; it must lie within the comment's {length} "
                    "UTF-16 code units, and not be empty",
                    field="attributeScores",
                )


def _check_line(field: str, line: str | None) -> None:
    if line is None:
        return
    if len(line) > MAX_LINE:
        raise InvalidInput(f"{field} must have at most {MAX_LINE} characters, not {len(line)}", field=field)
    _check_words(field, line, 4 * MAX_LINE)


def _check_words(field: str, words: str, most: int) -> None:
    if "\0" in words or any("\ud800" <= sign <= "\udfff" for sign in words):
        raise InvalidInput(f"{field} holds a NUL or a broken character, which cannot be kept", field=field)
    if (size := len(words.encode())) > most:
        raise InvalidInput(f"{field} has {size} bytes; at most {most} are kept", field=field)
