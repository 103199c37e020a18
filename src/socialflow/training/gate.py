"""Whether a candidate may serve: not below the floor, and not worse than what serves now."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from socialflow.errors import InvalidInput
from socialflow.training.config import GateConfig

Values = npt.NDArray[np.float64]

_ONE_SIDED_95 = 1.645


@dataclass(frozen=True, slots=True)
class Verdict:
    """`accepted` and why or why not, in words for people."""

    accepted: bool
    reasons: tuple[str, ...]


def judge(
    candidate: Mapping[str, Values],
    active: Mapping[str, Values] | None,
    floor: Mapping[str, Values],
    config: GateConfig,
) -> Verdict:
    """Compare a candidate with the active version (None: there is none) and with the floor, user by user.

    Each mapping holds one value a sampled user and metric, of the same users in the same order. Only what is worse
    beyond the noise of the sample (one-sided 95 % of the paired differences) is refused; what cannot be told apart
    is accepted and the verdict says so. With fewer than `config.min_users` users nothing is judged.

    Raises:
        InvalidInput: the deciding metric was not measured.
    """
    name = config.metric
    if name not in candidate:
        raise InvalidInput(
            f"gate.metric {name!r} is not measured; there are: {', '.join(candidate)}", field="gate.metric"
        )
    values = candidate[name]
    if len(values) < config.min_users:
        return Verdict(True, (f"not judged: {len(values)} users with enough history, {config.min_users} are needed",))
    lines = [_compare(name, values, floor[name], config.floor)]
    if active is not None:
        lines.append(_compare(name, values, active[name] * (1.0 - config.tolerance), "the active version's"))
    failed = tuple(line for line in lines if line.startswith("worse"))
    return Verdict(not failed, failed or tuple(lines))


def _compare(metric: str, values: Values, rival: Values, called: str) -> str:
    difference = values - rival
    noise = _ONE_SIDED_95 * float(difference.std(ddof=1)) / float(np.sqrt(len(difference)))
    mean = float(difference.mean())
    verdict = "passed" if mean > noise else "worse" if mean < -noise else "not told apart"
    line = f"{metric} {values.mean():.4f} against {called} {rival.mean():.4f} (noise {noise:.4f})"
    return f"{verdict}: {line}"
