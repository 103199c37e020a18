"""Tables of what is seen and heard, for the figures page."""

import json
from collections import defaultdict
from collections.abc import Callable, Mapping

from benchmarks.results_file import RESULTS, table_line


def copies_images() -> str:
    """Pictures found again by edit, beside PDQ and the classical hash."""
    path = RESULTS / "copies_images.json"
    if not path.exists():
        return "Not measured yet."
    report = json.loads(path.read_text(encoding="utf-8"))
    parts = []
    for part, of in (("other_half", "The half that nothing was chosen on"), ("all", "All pictures")):
        told = report[part]
        methods, edits = list(told), next(iter(told.values()))["recall"]
        lines = [table_line([of, *methods]), "|---" * (len(methods) + 1) + "|"]
        lines += [table_line([edit, *(f"{told[name]['recall'][edit]:.3f}" for name in methods)]) for edit in edits]
        lines.append(table_line(["false matches", *(str(told[name]["false_matches"]) for name in methods)]))
        parts.append("\n".join(lines))
    alike = report["all"]["ours"]["false_matches_same_overlay"]
    able = report["all"]["ours"]["false_matches_same_overlay_telling"]
    pairs = f"{report['all']['ours']['pairs_same_overlay']:,}"
    lines = [table_line([f"The same over both, false of {pairs} pairs", "ours", "of pictures that can be told"])]
    lines += ["|---" * 3 + "|", *(table_line([name, str(alike[name]), str(able[name])]) for name in alike)]
    limits = ", ".join(f"{name} {value}" for name, value in report["limits"].items())
    spent = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in report["milliseconds"].items())
    told = f"{report['pictures']} pictures, of which {len(report['cannot_be_told'])} cannot be told"
    end = f"{told}. Limits: {limits}. Milliseconds: {spent}. `{report['command']}`"
    return "\n\n".join([*parts, "\n".join(lines), end])


def video_pass() -> str:
    """One pass over a video with those who watch it, beside decoding alone."""
    path = RESULTS / "video_pass.json"
    if not path.exists():
        return "Not measured yet."
    report = json.loads(path.read_text(encoding="utf-8"))
    sizes = report["sizes"]
    lines = [table_line(["Watched by", *(f"{size}, least to most" for size in sizes)]), "|---" * (len(sizes) + 1) + "|"]
    for name in next(iter(sizes.values()))["ratios"]:
        cells = [(told["ratios"][name], *told["spread"][name]) for told in sizes.values()]
        lines.append(table_line([name, *(f"{middle:.2f} ({low:.2f} to {high:.2f})" for middle, low, high in cells)]))
    alone = ", ".join(f"{told['decode_ms_a_frame']:.2f} ms at {size}" for size, told in sizes.items())
    return "\n".join([*lines, "", f"Decoding alone, a frame: {alone}. `{report['command']}`"])


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


def copies_videos() -> str:
    """Films found again by edit."""
    path = RESULTS / "copies_videos.json"
    if not path.exists():
        return "Not measured yet."
    report = json.loads(path.read_text(encoding="utf-8"))
    others = report["not looked at"]["per_transform"]
    rows = {"TMK and vPDQ films, each other": report["tmk"], **report["all"]["per_transform"]}
    lines = [
        table_line(["", "recall", "found", "of", "false matches", "recall, films not looked at"]),
        "|---" * 6 + "|",
    ]
    for name, one in rows.items():
        other = others[name]["recall"] if name in others else None
        recalls = ["" if each is None else f"{each:.3f}" for each in (one["recall"], other)]
        counts = map(str, list(one.values())[1:4])
        lines.append(table_line([name, recalls[0], *counts, recalls[1]]))
    spent = ", ".join(f"{name} {value}" for name, value in report["pass"].items())
    index = report["index"]
    found = (
        f"Excerpts are found within {rows['excerpt'].get('offset_error_s', 0)} s of where they were cut. A pass beside "
        f"decoding alone: {spent}. Index of {index['hashes']:,} hashes: {index['times_comparing_all']} times as "
        f"fast as comparing with all, the same answer: {'yes' if index['same_as_comparing_all'] else 'no'}, "
        f"{index['bytes_per_hash']} bytes a hash. {report['films']} films. `{report['command']}`"
    )
    return "\n\n".join(["\n".join(lines), found])


MEDIA_TABLES: Mapping[str, Callable[[], str]] = {
    "copies_images": copies_images,
    "copies_videos": copies_videos,
    "video_pass": video_pass,
    "hostile": hostile,
}
"""Marker on the page, and name of the result -> table."""
