"""The table of `python -m benchmarks hostile`."""

import json
from collections import defaultdict

from benchmarks.results_file import RESULTS


def hostile() -> str:
    """What a server said of files that were made to break it, by what was done to them."""
    path = RESULTS / "hostile.json"
    if not path.exists():
        return "Not measured yet."
    report = json.loads(path.read_text(encoding="utf-8"))
    by_kind: dict[str, dict[str, int]] = defaultdict(dict)
    for name, count in report["answers"].items():
        kind, _, said = name.partition(": ")
        by_kind[kind][said] = count
    said = sorted({one for answers in by_kind.values() for one in answers})
    lines = ["| | " + " | ".join(said) + " |", "|---" * (len(said) + 1) + "|"]
    for kind, answers in sorted(by_kind.items()):
        lines.append(f"| {kind} | " + " | ".join(f"{answers.get(one, 0):,}" for one in said) + " |")
    told = (
        f"{report['inputs']:,} files, {len(report['wrong'])} internal errors, lost connections or wrong answers to "
        f"whole files; slowest {report['slowest_s']:g} s ({report['slowest']}); the server ended with "
        f"{report['server_memory_mb']} MB. `{report['command']}`"
    )
    return "\n".join([*lines, "", told])
