"""Names of reviewers and of who suggests scores, and lots drawn, by a key that never leaves the installation.

Both are HMAC-SHA-256 under one key: nobody outside can tell who a pseudonym is, or which item a lot falls on, and
inside both come out the same again.
"""

from socialflow.kit.digests import keyed_digest

PURPOSE = "socialflow.moderation.review"
"""What the key is derived from the installation's secret for."""
_BITS = 53
"""What a float holds exactly, so that no lot is rounded up to 1."""


def pseudonym(key: bytes, account: str) -> str:
    """The name under which a reviewer is kept, 32 hexadecimal digits.

    >>> pseudonym(b"k", "ann") == pseudonym(b"k", "ann") != pseudonym(b"other", "ann")
    True
    """
    return keyed_digest(key, f"reviewer {account}").hex()[:32]


def sender_name(key: bytes, account: str) -> str:
    """The name under which somebody is kept who sends suggestions, 32 hexadecimal digits; another than a reviewer's.

    >>> sender_name(b"k", "ann") == sender_name(b"k", "ann") != pseudonym(b"k", "ann")
    True
    """
    return keyed_digest(key, f"sender {account}").hex()[:32]


def lot(key: bytes, *parts: str) -> float:
    """A number of [0, 1) that stands for `parts`, evenly spread and the same every time."""
    drawn_bits = int.from_bytes(keyed_digest(key, "lot " + "\n".join(parts))[:8], "big") >> (64 - _BITS)
    return drawn_bits / (1 << _BITS)


def drawn(key: bytes, rate: float, *parts: str) -> bool:
    """Whether `parts` is of the sample of this rate. A greater rate draws the same ones and more.

    >>> [drawn(b"k", rate, "item") for rate in (0.0, 1.0)]
    [False, True]
    """
    return lot(key, *parts) < rate
