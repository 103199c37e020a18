"""Short messages of one author read together, as whoever reads along does. A heuristic: bounds set by hand."""

import re
from collections import OrderedDict, deque

SECONDS = 30.0
"""How far apart messages may be to be read together."""
MESSAGES, CHARACTERS = 12, 280
"""Messages, and characters of all of them, that are read together: the newest ones."""
SHORT = 80
"""Characters of a message beyond which it stands by itself."""
AUTHORS = 4096
"""Authors of one session whose messages are remembered, those who spoke last."""
_PIECE = re.compile(r"[^\W_]{1,3}")
"""A message that may be a piece of a word: one to three letters or figures."""


class Together:
    """What each author said last, as far as it was harmless by itself.

    >>> heard = Together()
    >>> [heard.with_before("ann", text, at) for at, text in enumerate(["you will", "k", "i", "l", "l"])][-1]
    ('you will k i l l', 'you will kill')
    """

    def __init__(self) -> None:
        self._said: OrderedDict[str, deque[tuple[float, str]]] = OrderedDict()

    def with_before(self, author: str, text: str, at: float) -> tuple[str, ...]:
        """Remember a message, and give what it says together with those before it: word by word, and with pieces of
        words put together where there are some. Empty where it stands by itself. `at` is in seconds, never falling."""
        text = text.strip()
        if not text or len(text) > SHORT:
            self.forget(author)
            return ()
        said = self._said.setdefault(author, deque(maxlen=MESSAGES))
        self._said.move_to_end(author)
        if len(self._said) > AUTHORS:
            self._said.popitem(last=False)
        said.append((at, text))
        while said[0][0] < at - SECONDS or sum(len(one) + 1 for _, one in said) > CHARACTERS:
            said.popleft()
        if len(said) < 2:
            return ()
        texts = [one for _, one in said]
        return tuple(dict.fromkeys((" ".join(texts), _joined(texts))))

    def forget(self, author: str) -> None:
        """Nothing that this author said counts any more."""
        self._said.pop(author, None)


def _joined(texts: list[str]) -> str:
    """Texts with a blank between, but none between two pieces of words."""
    made, before = texts[0], _PIECE.fullmatch(texts[0]) is not None
    for text in texts[1:]:
        piece = _PIECE.fullmatch(text) is not None
        made += text if piece and before else f" {text}"
        before = piece
    return made
