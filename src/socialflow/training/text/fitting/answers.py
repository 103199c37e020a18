"""What a network answers to lessons."""

import numpy as np
import torch

from socialflow.training.text.fitting.losses import Network
from socialflow.training.text.lessons import FloatArray, Lesson, Part, gathered

_AT_ONCE = 64


def answers(network: Network, lesson: Lesson) -> FloatArray:
    """Logits of a lesson's texts: (n, labels), or (all tokens, tags) of a tokens head. Texts of like length are read
    together."""
    order = np.argsort(lesson.tokens.lengths, kind="stable")
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
    rows = [told[text] for text in range(len(lesson))]
    return np.concatenate(rows) if lesson.kind == "tokens" else np.stack(rows)
