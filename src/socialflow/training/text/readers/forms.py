"""The form of a sentence where a set does not tell it: a heuristic that labels training texts, never an answer."""

import re

_REQUEST = re.compile(
    r"\b(?:can|could|would|will) (?:you|u|someone|somebody|anyone)\b|\b(?:please|pls|plz)\b|\bmind if\b"
    r"|\bwould you mind\b|\bmay i\b|\bi(?:'d| would) (?:like|appreciate|love)\b|\bi (?:need|want) (?:you )?to\b",
    re.IGNORECASE,
)
_QUESTION = re.compile(
    r"^\W*(?:(?:so|and|but|ok|hey|hi),? )?(?:what|who|whom|whose|when|where|why|which|how|is|are|am|was|were|do|does"
    r"|did|have|has|can|could|should|will|would)(?:'s|'re|n't|s)?\b",
    re.IGNORECASE,
)
_STATEMENT = re.compile(
    r"^\W*(?:i|i'm|i've|i'll|i'd|im|you|he|she|it|it's|we|they|this|that|these|those|there|the|a|an|my|your|his|her|our"
    r"|their|some|someone|because)\b",
    re.IGNORECASE,
)


def form_of(text: str) -> str | None:
    """ "request", "question" or "statement" by words and mark; None: none of their signs (orders have none).

    >>> [form_of(text) for text in ("could you close it?", "where is it", "it is closed", "close it")]
    ['request', 'question', 'statement', None]
    """
    if _REQUEST.search(text):
        return "request"
    if text.rstrip().endswith("?") or _QUESTION.match(text):
        return "question"
    return "statement" if _STATEMENT.match(text) else None
