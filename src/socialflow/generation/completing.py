"""Completions of a draft: replies of the bank that begin like it, and common phrases of the platform."""

import numpy as np

from socialflow.generation.bank import Bank
from socialflow.generation.continuations import Continuation, Phrases, apart, open_sentence
from socialflow.generation.records import CompletionTold
from socialflow.text.bundle import FloatArray

FROM_REPLIES, FROM_PLATFORM = "replies", "platform"
SHARPNESS = 10.0
"""How much likelier a reply is whose situation fits better: ``e^10`` times a full point."""
_LEAST = 2
"""Letters of a draft from which it is completed."""


def from_bank(bank: Bank, draft: str, fits: FloatArray | None) -> list[Continuation]:
    """Replies that begin with the sentence that the draft ends in, as what is still to be written of them.

    Args:
        fits: what each situation is worth, (s,), `-inf` for one that must not be used; None: all the same. Shares are
            ``softmax(10 fits)`` among those that begin so.
    """
    start = open_sentence(draft)
    begun = [one for one in bank.replies if one.text.lower().startswith(start) and len(one.text) > len(start)]
    if len(start) < _LEAST or not begun:
        return []
    worth = np.zeros(len(begun)) if fits is None else SHARPNESS * fits[[one.situation for one in begun]]
    if not np.isfinite(worth).any():
        return []
    raised = np.exp(worth - worth.max())
    shares = (raised / raised.sum()).tolist()
    found = [Continuation(one.text[len(start) :], share) for one, share in zip(begun, shares, strict=True) if share]
    return apart(sorted(found, key=lambda one: -one.share))


def completions(bank: Bank, draft: str, fits: FloatArray | None, platform: Phrases) -> list[CompletionTold]:
    """Both together, by how many letters each saves on average: ``share * letters``; `fits` as in `from_bank`."""
    found = dict.fromkeys(platform.after(draft), FROM_PLATFORM) | dict.fromkeys(
        from_bank(bank, draft, fits), FROM_REPLIES
    )
    best = apart(sorted(found, key=lambda one: -one.share * len(one.added)))
    return [
        CompletionTold(text=draft + one.added, added=one.added, source=found[one], share=round(one.share, 4))
        for one in best
    ]
