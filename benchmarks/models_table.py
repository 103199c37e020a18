"""The table of lists among many items, for the figures page."""

import json

from benchmarks.results_file import RESULTS, table_line


def models() -> str:
    """How fast each recommender lists at many items, as served and with all of them scored."""
    path = RESULTS / "models.json"
    if not path.exists():
        return "Not measured yet."
    report = json.loads(path.read_text(encoding="utf-8"))
    head = ["", "Candidates", "One user, ms: median", "99 %", "Users/s", "All scored, ms: median", "Users/s"]
    lines = [table_line(head), "|---" * len(head) + "|"]
    for name, told in report["models"].items():
        alone = told.get("all_scored")
        beside = ["", ""] if alone is None else [f"{alone['single_ms']['p50']:g}", f"{alone['users_per_second']:,}"]
        times = [f"{told['single_ms'][at]:g}" for at in ("p50", "p99")]
        lines.append(table_line([f"`{name}`", told["candidates"], *times, f"{told['users_per_second']:,}", *beside]))
    return "\n".join([*lines, "", f"{report['items']:,} items. `{report['command']}`"])
