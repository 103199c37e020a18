"""The table of moderation from end to end, for the figures page."""

import json

from benchmarks.results_file import RESULTS, table_line


def moderation() -> str:
    """Decisions of the default policy by what people said, and how fast they are taken and stored."""
    path = RESULTS / "moderation.json"
    if not path.exists():
        return "Not measured yet."
    report = json.loads(path.read_text(encoding="utf-8"))
    statuses = list(report["decisions"])
    lines = [table_line(["People said", *statuses]), "|---" * (len(statuses) + 1) + "|"]
    lines += [
        table_line([label, *(str(counts[one]) for one in statuses)]) for label, counts in report["labels"].items()
    ]
    lines += ["", "| Found as abuse | Precision | Recall | F1 | Accuracy |", "|---" * 5 + "|"]
    for name, words in (("not_approved", "flagged, held back or rejected"), ("rejected", "rejected")):
        told = report[name]
        lines.append(table_line([words, *(f"{told[one]:.3f}" for one in ("precision", "recall", "f1", "accuracy"))]))
    lines.append(table_line(["nothing, as most posts are none", "", "0.000", "", f"{report['majority_accuracy']:.3f}"]))
    rates, machine = report["per_second"], report["machine"]
    lines += ["", "| What | Posts a second |", "|---|---|"]
    words = {
        "model": "the text model alone",
        "signals": "signals alone",
        "persisted": "judged, decided about and stored",
    }
    lines += [table_line([words[name], str(rate)]) for name, rate in rates.items()]
    told = (
        f"{report['posts']:,} posts of {report['characters_a_post']} characters on average, {report['abusive']} of "
        f"them abusive; {machine['cores']} cores. In the median stretch of posts, all of it goes at "
        f"{report['persisted_over_model']:.2f} of the speed of the text model alone."
    )
    return "\n".join([*lines, "", told, "", f"`{report['command']}`"])
