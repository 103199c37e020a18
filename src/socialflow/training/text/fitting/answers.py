"""What a network answers to lessons."""

from dataclasses import dataclass

import numpy as np
import torch

from socialflow.training.text.fitting.losses import Network
from socialflow.training.text.lessons import Lesson, Part, gathered

_AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class Answers:
    """Logits of the texts of a lesson, in its order: (n, labels), or (all tokens, tags) of a tokens head."""

    logits: np.ndarray


def answers(network: Network, lesson: Lesson, rows: np.ndarray | None = None) -> Answers:
    """Logits for `rows` of a lesson (all); texts of like length are read together."""
    asked = np.arange(len(lesson)) if rows is None else rows
    order = asked[np.argsort(lesson.tokens.lengths[asked], kind="stable")]
    told: dict[int, np.ndarray] = {}
    device = network.encoder.words.weight.device
    for start in range(0, len(order), _AT_ONCE):
        texts = order[start : start + _AT_ONCE]
        batch = gathered({lesson.head: lesson}, [lesson.head], np.zeros(len(texts), np.int64), texts)
        ids, mask = torch.from_numpy(batch.ids).to(device), torch.from_numpy(batch.mask).to(device)
        with torch.no_grad(), torch.autocast(device.type, torch.bfloat16):
            hidden = network.encoder(ids, mask)
            logits = network.logits(hidden, mask, lesson, Part(lesson.head, np.arange(len(texts)), texts))
        for place, text in enumerate(texts.tolist()):
            one = logits[place].float().cpu().numpy()
            told[text] = one[: lesson.tokens.lengths[text]] if lesson.kind == "tokens" else one
    rows_told = [told[text] for text in asked.tolist()]
    return Answers(np.concatenate(rows_told) if lesson.kind == "tokens" else np.stack(rows_told))
