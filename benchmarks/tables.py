"""Tables of the figures page, from the JSON files in `results/`: `python -m benchmarks.tables` prints them."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from benchmarks.media_tables import MEDIA_TABLES
from benchmarks.models_table import models
from benchmarks.moderation_table import moderation, signals
from benchmarks.results_file import RESULTS, table_line

_ELSEWHERE = frozenset(
    f"{name}.json"
    for name in (
        "bandit",
        "shots",
        "social",
        "cold",
        "ranker",
        "variety",
        "keywords",
        "moderation",
        "text",
        "text_open",
        "perspective",
        "signals",
        "filters",
        "models",
        *MEDIA_TABLES,
    )
)
"""Results with a table of their own."""
METRICS = ("recall@20", "ndcg@20", "hit_rate@10", "ndcg@10")
"""Columns of the quality tables; the JSON has more."""


def quality() -> str:
    """One table per data set and protocol: every recommender, and plain popularity on the same cut."""
    parts = []
    for (data, protocol), reports in _by_cut().items():
        first = reports[0]
        size = first["data"]
        head = f"**{data}, {protocol}**: {size['users']:,} users, {size['items']:,} items, {size['train']:,} train rows"
        lines = ["| | Recall@20 | NDCG@20 | HitRate@10 | NDCG@10 | Fit, s | Peak, MB | Users/s |", "|---" * 8 + "|"]
        for report in reports:
            cost = [
                f"{report['fit_seconds']:.1f}",
                f"{report['peak_memory_mb']:.0f}",
                f"{report['users_per_second']:.0f}",
            ]
            lines.append(table_line([f"`{report['name']}`", *_shown(report["metrics"]), *cost]))
        lines.append(table_line(["popularity", *_shown(first["popularity"]), "", "", ""]))
        command = first["command"].replace(f"recommender {first['name']} ", "recommender NAME ")
        command = command.rsplit(" --json", 1)[0]
        parts.append("\n".join([head, "", *lines, "", f"`{command}`"]))
    return "\n\n".join(parts)


def social() -> str:
    """What follows and vectors of content add, and how well whom to follow is guessed."""
    path = RESULTS / "social.json"
    if not path.exists():
        return "Not measured yet."
    report = json.loads(path.read_text(encoding="utf-8"))
    head = ["Set", "popularity", "`item_item`", "without", "with", "Difference (95 %)", "Learnt share"]
    lines = [table_line(head), "|---" * len(head) + "|"]
    for name, one in (*report["items"].items(), *report["content"].items()):
        told = one["difference"]
        by = f"{told['difference']:+.4f} ({told['low']:+.4f} to {told['high']:+.4f})"
        share = one["shares"].get("followed", one["shares"].get("content"))
        floors = [f"{one[key]['ndcg@20']:.4f}" for key in ("popularity", "item_item", "without", "with")]
        lines.append(table_line([name, *floors, by, f"{share:.1f}"]))
    lines += ["", "| New users (no history, follows alone) | popularity | `social` |", "|---" * 3 + "|"]
    for name, one in report["items"].items():
        new = one["new_users"]
        cells = [f"{new[key]['ndcg@20']:.4f}" for key in ("popularity", "with")]
        lines.append(table_line([f"{name}, {new['users']:,} users", *cells]))
    ways = ("popularity", "acquaintances", "likeness", "blend")
    lines += ["", table_line(["Whom to follow, Recall@20", *ways]), "|---" * (len(ways) + 1) + "|"]
    for name, one in report["edges"].items():
        lines.append(table_line([f"{name}, {one['users']:,} users", *(f"{one[way]['recall@20']:.4f}" for way in ways)]))
    return "\n".join([*lines, "", f"`{report['command']}`"])


def _by_cut() -> Mapping[tuple[str, str], list[dict[str, Any]]]:
    cuts: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for path in sorted(RESULTS.glob("recommender_*.json")):
        report = json.loads(path.read_text(encoding="utf-8"))
        _, data, protocol, _ = path.stem.split("_", 3)
        cuts.setdefault((data, protocol), []).append(report)
    for reports in cuts.values():
        reports.sort(key=lambda report: -report["metrics"]["ndcg@10"])
    return cuts


def _shown(metrics: Mapping[str, float]) -> list[str]:
    return [f"{metrics[name]:.4f}" for name in METRICS]


def speed() -> str:
    """Every other result: its figures, flat, its command and machine."""
    parts = []
    for path in sorted(RESULTS.glob("*.json")):
        if path.name.startswith("recommender_") or path.name in _ELSEWHERE:
            continue
        report = json.loads(path.read_text(encoding="utf-8"))
        machine = report.pop("machine", {})
        command = report.pop("command", "")
        lines = ["| | |", "|---|---|", *(table_line([name, str(value)]) for name, value in _flat(report))]
        where = ", ".join(f"{name} {value}" for name, value in machine.items() if not isinstance(value, dict))
        parts.append("\n".join([f"**{path.stem}** ({where})", "", *lines, "", f"`{command}`"]))
    return "\n\n".join(parts) or "Not measured yet."


def choosing() -> str:
    """`smart` beside every single algorithm, and what logs tell of policies."""
    path = RESULTS / "bandit.json"
    if not path.exists():
        return "Not measured yet."
    report = json.loads(path.read_text(encoding="utf-8"))
    told = report["regret"]
    head = f"| Algorithm | Reward a page, rounds {told['warm_up'] + 1} to {told['rounds']} | All rounds |"
    after, whole = told["reward_after_warm_up"], told["cumulative_reward"]
    lines = [head, "|---" * 3 + "|"]
    lines += [table_line([f"`{name}`", f"{after[name]:.3f}", f"{whole[name]:.1f}"]) for name in after]
    head = ["Platform, its seed", "People", "Best single", "`smart` beside it", "Each copy"]
    lines += ["", table_line(head), "|---" * len(head) + "|"]
    for seed, one in _platforms(report):
        copies = ", ".join(f"{100 * share:+.1f} %" for share in one["smart_over_best_of_each"])
        beside = f"{100 * one['smart_over_best']:+.1f} %"
        lines.append(
            table_line([seed, str(one.get("people", told["people"])), f"`{one['best_single']}`", beside, copies])
        )
    judged = report["off_policy"]
    lines += ["", f"Values from {judged['runs']} logs of {judged['decisions_a_run']:,} choices each:", ""]
    lines += ["| Estimator | True value in the 95 % interval | Median error |", "|---" * 3 + "|"]
    errors = judged["median_relative_error"]
    for name, share in judged["truth_in_95_interval"].items():
        lines.append(table_line([f"`{name}`", f"{100 * share:.1f} %", f"{100 * errors[name]:.1f} %"]))
    return "\n".join([*lines, "", *_open_bandit(report.get("open_bandit", ())), f"`{report['command']}`"])


def _platforms(report: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each platform of the study by its seed, with many people and with few."""
    for seed, one in {"7": report["regret"], **report.get("unseen", {})}.items():
        yield seed, one
        if "few" in one:
            yield seed, one["few"]


def newcomers() -> str:
    """What feeds show people of whom only a profile is known, beside popularity."""
    path = RESULTS / "cold.json"
    if not path.exists():
        return "Not measured yet."
    report = json.loads(path.read_text(encoding="utf-8"))
    lines = ["| Shown | Reward a page | Over popularity, 95 % interval |", "|---" * 3 + "|"]
    for name, told in report["feeds"].items():
        low, high = told["over_popularity"]
        lines.append(
            table_line([name, f"{told['reward']:.3f}", "" if name == "popularity" else f"{low:+.3f} to {high:+.3f}"])
        )
    return "\n".join([*lines, "", f"`{report['command']}`"])


def ranking() -> str:
    """`ranked` beside `hybrid` and `trending`, and what the ranker predicts."""
    path = RESULTS / "ranker.json"
    if not path.exists():
        return "Not measured yet."
    report = json.loads(path.read_text(encoding="utf-8"))
    lines = ["| Feed | Reward a page |", "|---" * 2 + "|"]
    lines += [table_line([f"`{name}`", f"{value:.3f}"]) for name, value in report["reward_of_a_page"].items()]
    truth, training = report["against_truth"], report["training"]
    lines += ["", "| Position | Value predicted and true, correlation | Predicted over true |", "|---" * 3 + "|"]
    for name, told in truth["positions"].items():
        lines.append(table_line([name, f"{told['correlation']:.3f}", f"{told['ratio']:.2f}"]))
    lines += ["", "| Head | AUC | Log-loss | Of the base rate | Predicted over came |", "|---" * 5 + "|"]
    for head, told in training["heads"].items():
        figures = (told[name] for name in ("auc", "log_loss", "base_log_loss", "calibration"))
        lines.append(table_line([head, *(f"{value:.3f}" for value in figures)]))
    cost, error = truth["milliseconds"], training["examination"]["largest_error"]
    told = (
        f"{truth['candidates']} candidates, signals included: {cost['cpu']} ms of one core ({cost['median']} ms by the "
        f"clock), median. {training['exposures']:,} shown items, fitted in {training['fit_seconds']:.0f} s; "
        f"examination by place is off by {error:.3f} at most."
    )
    lines += ["", told]
    return "\n".join([*lines, "", f"`{report['command']}`"])


def _open_bandit(reports: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Policies of the Open Bandit logs, each judged by the other's log."""
    if not reports:
        return
    names = list(next(iter(reports[0]["campaigns"].values()))["estimates"])
    yield "Open Bandit logs, clicks in a thousand impressions, 95 % intervals:"
    yield ""
    yield table_line(["Policy, from the log of, campaign", "Its own log", *(f"`{name}`" for name in names)])
    yield "|---" * (len(names) + 2) + "|"
    for report in reports:
        for campaign, one in report["campaigns"].items():
            cells = [_thousandths(one["truth"]), *(_thousandths(one["estimates"][name]) for name in names)]
            yield table_line([f"{report['target']}, {report['logged']}, {campaign}", *cells])
    yield ""


def _thousandths(made: Mapping[str, float]) -> str:
    return f"{1000 * made['value']:.1f} ({1000 * made['low']:.1f} to {1000 * made['high']:.1f})"


def _flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, object]]:
    for name, value in values.items():
        label = f"{prefix}{name}".replace("_", " ")
        if isinstance(value, dict):
            yield from _flat(value, f"{label}: ")
        else:
            yield label, value


def variety() -> str:
    """`hybrid` under other selectors: what variety costs and what it gives."""
    path = RESULTS / "variety.json"
    if not path.exists():
        return "Not measured yet."
    report = json.loads(path.read_text(encoding="utf-8"))
    head = ("Re-ranking", "Reward a page", "Over `hybrid`, 95 % interval", "Categories", "Creators", "Distance")
    lines = [table_line([*head, "Catalogue shown", "New creators"]), "|---" * 8 + "|"]
    for name, told in report["selectors"].items():
        low, high = told["over_hybrid"]
        over = "" if name == "hybrid" else f"{low:+.3f} to {high:+.3f}"
        rest = [f"{told[part]:.1f}" for part in ("categories", "creators")] + [f"{told['distance']:.3f}"]
        shares = [f"{100 * told[part]:.1f} %" for part in ("coverage", "new_creators")]
        lines.append(table_line([name, f"{told['reward']:.3f}", over, *rest, *shares]))
    return "\n".join([*lines, "", f"`{report['command']}`"])


def filters() -> str:
    """What was tried with the graph filter on the two sets of the lightgcn protocol."""
    path = RESULTS / "filters.json"
    if not path.exists():
        return "Not measured yet."
    report = json.loads(path.read_text(encoding="utf-8"))
    head = ("Set", "Tried", "Recall@20", "NDCG@20", "(source, target, damping, low)")
    lines = [table_line([*head]), "|---" * len(head) + "|"]
    for name, told in report["sets"].items():
        lines.append(
            table_line([name, "best published", *(f"{value:.4f}" for value in told["published"].values()), ""])
        )
        for line, one in told["lines"].items():
            form = ", ".join(f"{part:g}" for part in one["form"].values()) if "form" in one else ""
            lines.append(table_line([name, line, f"{one['recall@20']:.4f}", f"{one['ndcg@20']:.4f}", form]))
    return "\n".join([*lines, "", f"`{report['command']}`"])


def keywords() -> str:
    """Key phrases of news texts beside other ways to find them."""
    path = RESULTS / "keywords.json"
    if not path.exists():
        return "Not measured yet."
    report = json.loads(path.read_text(encoding="utf-8"))
    head = ("Found by, longest phrase", "F1@10", "Of several words", "`ours, 3` above it, 95 %")
    lines = [table_line([*head]), "|---" * len(head) + "|"]
    for name, value in report["f1_at_10"].items():
        ends = report["ours_3_over"].get(name, ())
        told = [
            f"{value:.3f}",
            f"{report['phrases_of_several_words'][name]:.1f}",
            " to ".join(f"{end:.3f}" for end in ends),
        ]
        lines.append(table_line([name, *told]))
    return "\n".join([*lines, "", f"{report['documents']} documents. `{report['command']}`"])


def text() -> str:
    """Every head of the text model on public test parts, beside the most frequent answer."""
    path = RESULTS / "text.json"
    if not path.exists():
        return "Not measured yet."
    report = json.loads(path.read_text(encoding="utf-8"))
    beside = RESULTS / "text_open.json"
    of_open = json.loads(beside.read_text(encoding="utf-8")) if beside.exists() else {"sets": {}}
    head = ("Set", "Head", "Texts", "Figure", "Value", "Of open sets alone", "Most frequent answer")
    lines = [table_line([*head]), "|---" * len(head) + "|"]
    for name, told in report["sets"].items():
        other = of_open["sets"].get(name)
        figures = [f"{told['value']:.3f}", f"{other['value']:.3f}" if other else "", f"{told['majority']:.3f}"]
        lines.append(table_line([name, told["head"], f"{told['rows']:,}", told["figure"], *figures]))
    mean = f"{report['tweeteval_mean']:.3f}"
    if "tweeteval_mean" in of_open:
        mean += f" (of open sets alone {of_open['tweeteval_mean']:.3f})"
    lines += ["", f"TweetEval, mean of emotion, hate, irony, offensive and sentiment: {mean}."]
    elsewhere = [
        f"{name} {told['macro_f1']:.3f} (most frequent answer {told['majority']:.3f})"
        for name, told in report["hate_elsewhere"].items()
    ]
    lines += [
        "",
        f"The head `hate` on sets that it does not learn from, hateful against normal: {', '.join(elsewhere)}.",
    ]
    ways = ("subgroup", "bpsn", "bnsp")
    head = ("AUC of toxicity where groups are named", "Texts", "All", *(f"{way}, mean (least)" for way in ways))
    lines += ["", table_line([*head]), "|---" * len(head) + "|"]
    for name, told in report["unintended_bias"].items():
        each = [f"{told[way]['mean']:.3f} ({told[way]['least']:.3f})" for way in ways]
        lines.append(table_line([name, f"{told['rows']:,}", f"{told['auc']:.3f}", *each]))
    return "\n".join([*lines, "", f"Model {report['model']}. `{report['command']}`"])


def replies() -> str:
    """Replies to messages that are unknown to the bank, beside other ways to choose."""
    path = RESULTS / "replies.json"
    if not path.exists():
        return "Not measured yet."
    report = json.loads(path.read_text(encoding="utf-8"))
    lines = [table_line(["Three situations chosen by", "Hit"]), "|---" * 2 + "|"]
    lines += [table_line([name, f"{100 * value:.1f} %"]) for name, value in report["hit_at_3"].items()]
    told = (
        f"{report['messages']} messages; the first reply alone hits {100 * report['hit_at_1']:.1f} %, "
        f"{100 * report['abstained']:.1f} % get none. Of {report['unanswerable']} texts that nothing in the "
        f"bank answers, {100 * report['unanswerable_abstained']:.0f} % get none."
    )
    return "\n".join([*lines, "", told, "", f"Model {report['model']}. `{report['command']}`"])


def text_languages() -> str:
    """The models of other languages on public test parts."""
    path = RESULTS / "text_languages.json"
    if not path.exists():
        return "Not measured yet."
    report = json.loads(path.read_text(encoding="utf-8"))
    head = (
        "Set",
        "Question",
        "Language",
        "Texts",
        "Alone",
        "Served",
        "Most frequent answer",
        "Read as another language",
    )
    lines = [table_line([*head]), "|---" * len(head) + "|"]
    for name, one in report["sets"].items():
        figures = (f"{one[key]:.3f}" if key in one else "" for key in ("alone", "served", "majority", "left"))
        lines.append(table_line([name, one["head"], one["language"], str(one["rows"]), *figures]))
    means = {kind: one for kind, one in report["xlmt_mean_macro_f1"].items() if one}
    told = "; ".join(f"{kind} {one['mean']:.3f} of {one['languages']} languages" for kind, one in means.items())
    left = f"Of English tweets {report['english']['left']:.2%} are read as another language."
    below = f"XLM-T, mean: {told}. {left} `{report['command']}`"
    return "\n".join([*lines, "", below])


def perspective() -> str:
    """Attributes of the Perspective-shaped call on labelled comments."""
    path = RESULTS / "perspective.json"
    if not path.exists():
        return "Not measured yet."
    report = json.loads(path.read_text(encoding="utf-8"))
    head = ("Set", "Language", "Attribute", "Labels taken for it", "Texts", "Of them with it", "AUC")
    lines = [table_line([*head]), "|---" * len(head) + "|"]
    for name, one in report["sets"].items():
        for attribute, told in one["attributes"].items():
            counts = (f"{told['rows']:,}", f"{told['positive']:,}", f"{told['auc']:.3f}")
            lines.append(table_line([name, one["language"], attribute, told["labels"], *counts]))
    return "\n".join([*lines, "", f"`{report['command']}`"])


TABLES: Mapping[str, Callable[[], str]] = {
    "quality": quality,
    "social": social,
    "choosing": choosing,
    "newcomers": newcomers,
    "variety": variety,
    "filters": filters,
    "ranking": ranking,
    "text": text,
    "text_languages": text_languages,
    "moderation": moderation,
    "perspective": perspective,
    "keywords": keywords,
    "replies": replies,
    "signals": signals,
    "models": models,
    **MEDIA_TABLES,
    "speed": speed,
}
"""Marker on the page -> table."""


if __name__ == "__main__":
    print("\n\n".join(make() for make in TABLES.values()))
