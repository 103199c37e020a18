"""How words are written: what an encoder that reads lower case does not see, and names are known by."""

from collections.abc import Sequence

CASES = ("none", "lower", "title", "upper", "mixed")
"""No letters that have case; all lower; only the first upper; all of several upper; anything else, like iPhone."""


def case_of(word: str) -> int:
    """Place in `CASES`.

    >>> [CASES[case_of(word)] for word in ("42", "paris", "Paris", "A", "NASA", "McCoy", "O2")]
    ['none', 'lower', 'title', 'title', 'upper', 'mixed', 'title']
    """
    if word.islower():
        return 1
    letters = [letter for letter in word if letter.lower() != letter.upper()]
    if not letters:
        return 0
    raised = [letter.isupper() for letter in letters]
    if not any(raised):
        return 1
    if not any(raised[1:]):
        return 2 if raised[0] else 4
    return 3 if all(raised) else 4


def cases_of(text: str, places: Sequence[tuple[int, int]], words: Sequence[int | None]) -> list[int]:
    """Of tokens (t,): that of the word each is a piece of. `places` are offsets in `text`, `words` numbers of words,
    None for marks."""
    found: list[int] = []
    first, size = 0, len(words)
    while first < size:
        word, last = words[first], first + 1
        while last < size and words[last] == word:
            last += 1
        case = 0 if word is None else case_of(text[places[first][0] : places[last - 1][1]])
        found += [case] * (last - first)
        first = last
    return found
