"""The tables of moderation from end to end and of its signals, for the figures page."""

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
    each = ", ".join(f"{one['persisted']:g}" for one in report["per_second_of_each"])
    told = (
        f"Stored, on each platform: {each} a second. "
        f"{report['posts']:,} posts of {report['characters_a_post']} characters on average, {report['abusive']} of "
        f"them abusive; {machine['cores']} cores. In the median stretch of posts, all of it goes at "
        f"{report['persisted_over_model']:.2f} of the speed of the text model alone."
    )
    return "\n".join([*lines, "", told, "", f"`{report['command']}`"])


def signals() -> str:
    """All signals of texts beside the encoder alone."""
    path = RESULTS / "signals.json"
    if not path.exists():
        return "Not measured yet."
    report = json.loads(path.read_text(encoding="utf-8"))
    head = ["", "Texts/s", "Of the encoder's time", "Processor, ms a text", "Of the encoder's processor time"]
    keys = ("texts_per_second", "of_encoder_alone", "processor_ms_per_text", "processor_of_encoder_alone")
    names = {"encoder_alone": "encoder alone", "all_signals": "all signals", "service": "through the service"}
    lines = [table_line(head), "|---" * len(head) + "|"]
    for of, which in ((report, "tweets"), (report["short"], "short ones")):
        lines += [
            table_line([f"{which}, {told}", *(f"{of[name][key]:g}" for key in keys)]) for name, told in names.items()
        ]
    below = f"{report['texts']:,} tweets, {report['short']['texts']:,} of 16 to 24 tokens, {report['rounds']} rounds."
    return "\n".join([*lines, "", f"{below} `{report['command']}`"])
