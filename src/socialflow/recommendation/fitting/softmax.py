"""Cross-entropy over a whole catalogue without ever holding all logits."""

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

_WHOLE, _SAMPLE = 20_000, 8_192
_STEP, _ROWS = 64, 512
"""What the number of rows is rounded up to (kernels are compiled per shape: let there be few), and the rows of logits
held at once, few enough for the processor's cache."""


class _Softmax(torch.autograd.Function):
    """Loss and gradients in one pass over blocks of rows."""

    @staticmethod
    def forward(ctx: Any, hidden: Tensor, items: Tensor, targets: Tensor, sample: Tensor | None) -> Tensor:
        kind, count = torch.bfloat16, int((targets >= 0).sum())
        targets = targets.clamp(min=0)  # rows that fill up have none
        rivals = items if sample is None else items[sample]
        shift = 0.0 if sample is None else math.log((len(items) - 1) / len(sample))
        low = rivals.to(kind)
        d_hidden, d_items, d_rivals = torch.empty_like(hidden), torch.zeros_like(items), torch.zeros_like(rivals)
        loss = hidden.new_zeros(())
        for start in range(0, len(hidden), _ROWS):
            rows, real = slice(start, start + _ROWS), count - start
            block, wanted = hidden[rows].to(kind), targets[rows, None]
            logits = (block @ low.T).float()
            if sample is None:
                total = torch.logsumexp(logits, 1, keepdim=True)
                loss += (total - logits.gather(1, wanted))[:real].sum()
                shares = logits.sub_(total).exp_()
                shares.scatter_add_(1, wanted, torch.full_like(wanted, -1, dtype=shares.dtype))
                shares[real:] = 0.0
                d_block = shares.to(kind) @ low
            else:
                own = items[wanted[:, 0]]
                hit = (hidden[rows] * own).sum(1, keepdim=True)
                logits.add_(shift).masked_fill_(sample[None] == wanted, -math.inf)
                total = torch.logaddexp(torch.logsumexp(logits, 1, keepdim=True), hit)
                loss += (total - hit)[:real].sum()
                shares = logits.sub_(total).exp_()
                miss = (hit - total).exp_() - 1.0
                shares[real:], miss[real:] = 0.0, 0.0
                d_items.index_add_(0, wanted[:, 0], miss * hidden[rows])
                d_block = (shares.to(kind) @ low).float() + miss * own
            d_hidden[rows] = d_block
            d_rivals += shares.to(kind).T @ block
        if sample is None:
            d_items = d_rivals
        else:
            d_items.index_add_(0, sample, d_rivals)
        ctx.save_for_backward(d_hidden, d_items)
        ctx.count = count
        return loss / count

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor, None, None]:
        d_hidden, d_items = ctx.saved_tensors
        scale = grads[0] / ctx.count
        return d_hidden * scale, d_items * scale, None, None


def catalogue_loss(hidden: Tensor, items: Tensor, targets: Tensor, sample: Tensor | None = None) -> Tensor:
    """Mean of -log softmax(hidden items^T)[target]; hidden (t, d), items (n, d), targets (t,).

    With `sample` (distinct rows of `items`, drawn uniformly) the sum over the catalogue is estimated from it and the
    target: each sampled logit stands for (n - 1) / len(sample) items, so that scores stay calibrated.

    References
    ----------
    Klenitskiy, Vasilev, "Turning Dross Into Gold Loss: is BERT4Rec really better than SASRec?", RecSys 2023 (softmax
    over the catalogue or thousands of shared negatives).
    """
    more = -len(hidden) % _STEP
    hidden, labels = functional.pad(hidden, (0, 0, 0, more)), functional.pad(targets, (0, more), value=-1)
    loss: Tensor = _Softmax.apply(hidden, items, labels, sample)
    return loss


def rivals(n_items: int, noise: np.random.Generator) -> Tensor | None:
    """What to estimate the sum over a catalogue from: 8,192 items drawn anew; None, all, up to 20,000 items."""
    if n_items <= _WHOLE:
        return None
    return torch.from_numpy(noise.choice(n_items, _SAMPLE, replace=False, shuffle=False))
