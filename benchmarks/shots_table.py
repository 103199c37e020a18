"""The table of the figures page on changes of shot."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.results_file import RESULTS, table_line

RESULT = RESULTS / "shots.json"
_PARTS = {
    "second_half": "Films put together, the half that nothing was chosen on",
    "first_half": "Films put together, the other half",
    "annotated": "Annotated films",
    "all": "All, clips of one shot included",
}


def shots() -> str:
    """Cuts, gradual changes and flashes, and frames a second, beside PySceneDetect."""
    if not RESULT.exists():
        return "Not measured yet."
    report = json.loads(RESULT.read_text(encoding="utf-8"))
    parts = [_part(title, report[part], _size(part, report)) for part, title in _PARTS.items()]
    speed = report["speed"]
    lines = [table_line(["Processor seconds, as multiples of ours", *speed]), "|---" * (len(speed) + 1) + "|"]
    lines += [
        table_line([name, *(_spread(one["ratios"][name]) for one in speed.values())])
        for name in next(iter(speed.values()))["ratios"]
    ]
    pace = " and ".join(f"{one['frames_per_second']:.0f}" for one in speed.values())
    lines += ["", f"Ours: {pace} frames a second of 640 x 360, decoding included."]
    alone = report["one_shot"]
    false = ", ".join(f"{name} {told['all']['told']}" for name, told in alone.items())
    end = f"Told of the {report['films']['one_shot']['films']} clips of one shot, all of it false: {false}."
    return "\n\n".join([*parts, "\n".join(lines), f"{end} {report['peer'] or ''}. `{report['command']}`"])


def _spread(ratios: Sequence[float]) -> str:
    least, middle, most = ratios
    return f"{middle:.2f} ({least:.2f} to {most:.2f})"


def _size(part: str, report: Mapping[str, Any]) -> str:
    facts = list(report["films"].values()) if part == "all" else [report["films"][part]]
    cuts, gradual, flashes = (sum(one[name] for one in facts) for name in ("cuts", "gradual", "flashes"))
    return f"{cuts} cuts, {gradual} gradual changes, {flashes} flashes"


def _part(title: str, told: Mapping[str, Any], size: str) -> str:
    head = ("", "Cuts: P", "R", "F1", "Gradual: P", "R", "F1", "All: F1", "Flashes taken for changes")
    lines = [table_line(head), "|---" * len(head) + "|"]
    for name, one in told.items():
        cells = [f"{one[kind][figure]:.3f}" for kind in ("cuts", "gradual") for figure in ("precision", "recall", "f1")]
        lines.append(table_line([name, *cells, f"{one['all']['f1']:.3f}", str(one["flashes_taken"])]))
    return "\n".join([f"**{title}**: {size}", "", *lines])
