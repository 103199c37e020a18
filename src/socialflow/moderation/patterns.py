"""How a text is written, in whatever language. All of it is heuristic: bounds and weights set by hand."""

import re

from socialflow.moderation.signals import Signal, ramp

_DIGIT = re.compile(r"\d")
_NAMES = re.compile(r"(?<![\w@])@\w+")
_TAGS = re.compile(r"(?<![\w#])#\w+")
_MONEY = re.compile(r"[$€£¥₹₽₺₩]\s?\d|\d\s?(?:[$€£¥₹₽₺₩]|\b(?:usd|eur|gbp|btc|eth|usdt)\b)", re.IGNORECASE)
_TELEPHONE = re.compile(r"(?<![\w+])(?:\+|00)\d(?:[ ().-]{0,2}\d){7,13}(?!\d)")
_WORDS = re.compile(r"\w+")
_MANY = 12
"""Words from which repeating some says something."""
_CASED = 20
"""Letters from which capitals say something."""


def pattern_signals(text: str) -> list[Signal]:
    """What is suspicious about the form of a text; every signal is told, at 0 too."""
    names = len(_NAMES.findall(text)) if "@" in text else 0
    tags = len(_TAGS.findall(text)) if "#" in text else 0
    repeated, loud = _repeated(text), _loud(text)
    money, telephone = (_MONEY.search(text), _TELEPHONE.search(text)) if _DIGIT.search(text) else (None, None)
    return [
        Signal("names_many", "text", ramp(names, 3, 10), 0.4, f"{names} names"),
        Signal("hashtags_many", "text", ramp(tags, 10, 25), 0.3, f"{tags} hashtags"),
        Signal("words_repeated", "text", ramp(repeated, 0.5, 0.9), 0.5, f"{repeated:.0%} of the words"),
        Signal("capitals", "text", ramp(loud, 0.6, 1.0), 0.2, f"{loud:.0%} of the letters"),
        Signal("money", "text", float(money is not None), 0.2, money[0] if money else ""),
        Signal("telephone", "text", float(telephone is not None), 0.3, telephone[0] if telephone else ""),
    ]


def _repeated(text: str) -> float:
    """Share of words that stood before; 0 where there are few."""
    if len(text) < 2 * _MANY - 1:
        return 0.0
    words = _WORDS.findall(text.casefold())
    return 1.0 - len(set(words)) / len(words) if len(words) >= _MANY else 0.0


def _loud(text: str) -> float:
    """Share of capitals among letters that have them; 0 where there are few."""
    if len(text) < _CASED:
        return 0.0
    capitals = sum(map(str.isupper, text))
    cased = capitals + sum(map(str.islower, text)) if capitals else 0
    return capitals / cased if cased >= _CASED else 0.0
