"""How a text is written, in whatever language. All of it is heuristic: bounds and weights set by hand."""

import re

from socialflow.moderation.signals import Signal, ramp

_NAMES = re.compile(r"(?<![\w@])@\w+")
_TAGS = re.compile(r"(?<![\w#])#\w+")
_MONEY = re.compile(r"[$€£¥₹₽₺₩]\s?\d|\d\s?(?:[$€£¥₹₽₺₩]|\b(?:usd|eur|gbp|btc|eth|usdt)\b)", re.IGNORECASE)
_TELEPHONE = re.compile(r"(?<![\w+])(?:\+|00)\d(?:[ ().-]{0,2}\d){7,13}(?!\d)")
_WORDS = re.compile(r"\w+")


def pattern_signals(text: str) -> list[Signal]:
    """What is suspicious about the form of a text; every signal is told, at 0 too."""
    names, tags = len(_NAMES.findall(text)), len(_TAGS.findall(text))
    words = [word.casefold() for word in _WORDS.findall(text)]
    repeated = 1.0 - len(set(words)) / len(words) if len(words) >= 12 else 0.0
    cased = [letter for letter in text if letter.isupper() or letter.islower()]
    loud = sum(map(str.isupper, cased)) / len(cased) if len(cased) >= 20 else 0.0
    money, telephone = _MONEY.search(text), _TELEPHONE.search(text)
    return [
        Signal("names_many", "text", ramp(names, 3, 10), 0.4, f"{names} names"),
        Signal("hashtags_many", "text", ramp(tags, 10, 25), 0.3, f"{tags} hashtags"),
        Signal("words_repeated", "text", ramp(repeated, 0.5, 0.9), 0.5, f"{repeated:.0%} of the words"),
        Signal("capitals", "text", ramp(loud, 0.6, 1.0), 0.2, f"{loud:.0%} of the letters"),
        Signal("money", "text", float(money is not None), 0.2, money[0] if money else ""),
        Signal("telephone", "text", float(telephone is not None), 0.3, telephone[0] if telephone else ""),
    ]
