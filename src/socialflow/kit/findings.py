"""What somebody who looked at media tells, and how it goes through a pipe."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from socialflow.kit.wire import Array, BrokenMessage


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found: JSON, and the arrays it names by place. `missing` names what had to be done without."""

    body: Mapping[str, Any]
    arrays: tuple[Array, ...] = ()
    missing: tuple[str, ...] = ()


def told(findings: Mapping[str, Finding]) -> tuple[Mapping[str, Any], Sequence[Array]]:
    """Findings by name as a document, and their arrays one after another."""
    document, arrays = {}, list[Array]()
    for name, finding in findings.items():
        places = [len(arrays), len(arrays) + len(finding.arrays)]
        document[name] = {"body": finding.body, "missing": finding.missing, "arrays": places}
        arrays += finding.arrays
    return document, arrays


def heard(document: Any, arrays: Sequence[Array]) -> Mapping[str, Finding]:
    """Inverse of `told`. Raises BrokenMessage."""
    try:
        return {
            str(name): Finding(one["body"], tuple(arrays[slice(*one["arrays"])]), tuple(one["missing"]))
            for name, one in document.items()
        }
    except (KeyError, TypeError, AttributeError) as problem:
        raise BrokenMessage(f"findings cannot be read: {problem!r}") from problem
