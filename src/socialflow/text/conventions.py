"""What writing means by convention, and to whom: laughter as languages spell it, and signs that cultures read
differently. A table, not a model: it tells what it knows beside the scores of the model and changes none of them.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Emotion = Literal["joy", "sadness"]


@dataclass(frozen=True, slots=True)
class Convention:
    """A stretch of a text and what it means to `whom`; `emotion` where it shows one, None where readers differ."""

    start: int
    end: int
    text: str
    meaning: str
    whom: str
    emotion: Emotion | None


@dataclass(frozen=True, slots=True)
class _Rule:
    """`script`, where given, has to stand in the text too: the same letters mean nothing elsewhere."""

    pattern: re.Pattern[str]
    meaning: str
    whom: str
    emotion: Emotion | None = None
    script: re.Pattern[str] | None = None


_THAI, _JAPANESE = re.compile("[\u0e01-\u0e5b]"), re.compile("[\u3041-\u30ff]")
_HAN, _CYRILLIC = re.compile("[\u4e00-\u9fff]"), re.compile("[\u0400-\u04ff]")


def _word(pattern: str) -> re.Pattern[str]:
    """A pattern that stands by itself."""
    return re.compile(rf"(?<![^\W_]){pattern}(?![^\W_])", re.IGNORECASE)


_LAUGHTER = "laughter"
_RULES: tuple[_Rule, ...] = (
    _Rule(_word("(?:a?(?:ha|he|hi)){2,}h?"), _LAUGHTER, "many languages", "joy"),
    _Rule(_word("(?:lol+|lmf?ao+|rofl)"), _LAUGHTER, "English", "joy"),
    _Rule(_word("(?:mdr+|ptdr+)"), _LAUGHTER, "French", "joy"),
    _Rule(_word("(?:(?:ja|je|ji){3,}j?|(?:jaja|jeje))"), _LAUGHTER, "Spanish", "joy"),
    _Rule(_word("(?:k{4,}|(?:rs){2,}|(?:hua){2,})"), _LAUGHTER, "Portuguese (Brazil)", "joy"),
    _Rule(_word("(?:wk){2,}w?"), _LAUGHTER, "Indonesian", "joy"),
    _Rule(_word("(?:а?(?:ха|хе|хи)){2,}х?"), _LAUGHTER, "Russian", "joy"),
    _Rule(_word("(?:χα){2,}"), _LAUGHTER, "Greek", "joy"),
    _Rule(re.compile("ה?ח{3,}"), _LAUGHTER, "Hebrew", "joy"),
    _Rule(re.compile("ه{3,}"), _LAUGHTER, "Arabic", "joy"),
    _Rule(re.compile("خ{3,}"), _LAUGHTER, "Persian", "joy"),
    _Rule(re.compile("(?:हा){2,}"), _LAUGHTER, "Hindi", "joy"),
    _Rule(re.compile("[ㅋㅎ]{2,}"), _LAUGHTER, "Korean", "joy"),
    _Rule(re.compile("哈{2,}"), _LAUGHTER, "Chinese", "joy"),
    _Rule(re.compile("(?<![0-9A-Za-z])23{2,}(?![0-9A-Za-z])"), _LAUGHTER, "Chinese", "joy", _HAN),
    _Rule(re.compile("(?<![0-9A-Za-z])5{3,}(?![0-9A-Za-z])"), _LAUGHTER, "Thai", "joy", _THAI),
    _Rule(re.compile("(?<![A-Za-z0-9])(?:w{2,}|ｗ{2,})(?![A-Za-z0-9.])"), _LAUGHTER, "Japanese", "joy", _JAPANESE),
    _Rule(re.compile("[(（]笑[)）]|草(?=$|[\\s!！。w])"), _LAUGHTER, "Japanese", "joy", _JAPANESE),
    _Rule(re.compile("(?<![:;=(])\\){2,}"), "a smile", "Russian", "joy", _CYRILLIC),
    _Rule(re.compile("\\({2,}"), "a sad face", "Russian", "sadness", _CYRILLIC),
    _Rule(re.compile("[ㅠㅜ]{2,}"), "tears", "Korean", "sadness"),
    _Rule(re.compile("[(（]泣[)）]"), "tears", "Japanese", "sadness"),
    _Rule(re.compile("呜{2,}"), "tears", "Chinese", "sadness"),
    _Rule(re.compile("(?<!\\w)T[_.]T(?!\\w)"), "tears", "many languages", "sadness"),
    _Rule(re.compile("🙏"), "thanks, a plea or a prayer", "read differently by culture"),
    _Rule(re.compile("🙂"), "friendliness; among young readers in China often contempt", "read differently by culture"),
    _Rule(re.compile("👍"), "approval; an insult in parts of Western Asia", "read differently by culture"),
    _Rule(re.compile("👌"), "approval; money in Japan; an insult in Brazil and Turkey", "read differently by culture"),
    _Rule(re.compile("💀"), "death; among young writers of English laughter", "read differently by age"),
    _Rule(re.compile("😭"), "tears; among young writers often laughter or delight", "read differently by age"),
)
_MOST = 20
"""Conventions told of one text."""


def conventions(text: str) -> list[Convention]:
    """Those that stand in a text, in order, none inside another, the first `_MOST`.

    >>> [(found.text, found.meaning, found.whom) for found in conventions("kkkkk que lindo")]
    [('kkkkk', 'laughter', 'Portuguese (Brazil)')]
    >>> conventions("call 555 or see www.example.com")
    []
    """
    told: list[Convention] = []
    for found in sorted(_found(text), key=lambda one: (one.start, -one.end)):
        if not told or found.start >= told[-1].end:
            told.append(found)
    return told[:_MOST]


def _found(text: str) -> Iterator[Convention]:
    for rule in _RULES:
        if rule.script is None or rule.script.search(text):
            for match in rule.pattern.finditer(text):
                yield Convention(match.start(), match.end(), match.group(), rule.meaning, rule.whom, rule.emotion)
