"""Whether a candidate may serve: above the floor, and not worse than what serves now."""

from collections.abc import Mapping
from dataclasses import dataclass

from socialflow.errors import InvalidInput
from socialflow.training.config import GateConfig


@dataclass(frozen=True, slots=True)
class Verdict:
    """`accepted` and why or why not, in words for people."""

    accepted: bool
    reasons: tuple[str, ...]


def judge(
    candidate: Mapping[str, float],
    active: Mapping[str, float] | None,
    floor: Mapping[str, float],
    *,
    users: int,
    config: GateConfig,
) -> Verdict:
    """Compare mean metrics of a candidate with those of the active version (None: there is none) and of the floor.

    With fewer than `config.min_users` users the figures are noise: such a candidate is accepted and the verdict says
    that nothing was judged. Raises InvalidInput where the deciding metric was not measured.
    """
    name = config.metric
    if name not in candidate:
        raise InvalidInput(
            f"gate.metric {name!r} is not measured; there are: {', '.join(candidate)}", field="gate.metric"
        )
    if users < config.min_users:
        return Verdict(True, (f"not judged: {users} users with enough history, {config.min_users} are needed",))
    value, lowest = candidate[name], floor[name]
    passed: list[str] = []
    failed: list[str] = []
    line = f"{name} {value:.4f} against {config.floor} {lowest:.4f}"
    (passed if value > lowest else failed).append(line)
    if active is not None:
        line = f"{name} {value:.4f} against the active version's {active[name]:.4f}"
        (passed if value >= active[name] * (1.0 - config.tolerance) else failed).append(line)
    if failed:
        return Verdict(False, tuple(f"worse: {line}" for line in failed))
    return Verdict(True, tuple(f"passed: {line}" for line in passed))
