"""Tables of what is seen and heard, for the figures page."""

import json
from collections import defaultdict
from collections.abc import Callable, Mapping

from benchmarks.results_file import RESULTS, table_line
from benchmarks.shots_table import shots


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


def objects() -> str:
    """Objects and faces of photos by model, things followed in clips, and speed."""
    path = RESULTS / "objects.json"
    if not path.exists():
        return "Not measured yet."
    report = json.loads(path.read_text(encoding="utf-8"))
    lines = [table_line(["Model", "on photos"]), "|---|---|"]
    lines += [
        table_line([name, f"{told['found']} of {told['listed']} listed labels found"])
        for name, told in report["objects"].items()
    ]
    lines += [
        table_line([name, f"number of faces right in {told['right']} of {told['of']}"])
        for name, told in report["faces"].items()
    ]
    clips = [table_line(["Clip", "followed"]), "|---|---|"]
    for clip, told in report["clips"].items():
        followed = ", ".join(f"{count} {label}" for label, count in told["counts"].items())
        clips.append(table_line([clip, followed or "nothing"]))
    speed = report["speed"]
    alone, watched = speed["decoding_times_real_time"], speed["with_objects_times_real_time"]
    end = (
        f"{speed['clip']} (640 x 360, {speed['seconds']:g} s), times real time: by the processor "
        f"{watched['processor']:g} with objects and {alone['processor']:g} decoding alone, by the clock "
        f"{watched['clock']:g} and {alone['clock']:g} (whatever else ran slows that). `{report['command']}`"
    )
    return "\n".join([*lines, "", *clips, "", end])


def actions() -> str:
    """What rules tell of people in clips, of several at once and of one over the whole frame."""
    path = RESULTS / "actions.json"
    if not path.exists():
        return "Not measured yet."
    report = json.loads(path.read_text(encoding="utf-8"))
    ways = list(next(iter(report["counts"].values())))
    lines = [table_line(["Clip", "shows", *(f"{way}: told" for way in ways)]), "|---" * (len(ways) + 2) + "|"]
    for half, counts in report["counts"].items():
        told = [", ".join(f"{count} {kind}" for kind, count in sorted(counts[way].items())) for way in ways]
        lines.append(table_line([f"**{half}**", "", *told]))
        for row in (row for row in report["clips"] if row["half"] == half):
            cells = [f"{row[way]['is']}: {', '.join(row[way]['told']) or 'nothing'}" for way in ways]
            lines.append(table_line([row["name"], ", ".join(row["shows"]) or "nothing", *cells]))
    spent = ", ".join(f"{way} {value:g}" for way, value in report["frames_a_second_of_the_processor"].items())
    return "\n".join([*lines, "", f"Frames a second of the processor: {spent}. `{report['command']}`"])


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


def banks() -> str:
    """Hash banks: texts found again in disguise, strangers that match, and a million hashes."""
    path = RESULTS / "banks.json"
    if not path.exists():
        return "Not measured yet."
    report = json.loads(path.read_text(encoding="utf-8"))
    at = str(report["texts"]["similarity"])
    parts = []
    for part, of in (("chosen_on", "Chosen on"), ("measured_on", "Measured on")):
        told = report["texts"][part]
        steps = list(told["false"])
        lines = [table_line([f"{of} {told['bank']:,} texts, similarity of", *steps]), "|---" * (len(steps) + 1) + "|"]
        for edit, recall in told["recall"].items():
            lines.append(table_line([edit, *(f"{recall[step]:.3f}" for step in steps)]))
        strangers = f"strangers that match, of {told['unrelated']:,}"
        lines.append(table_line([strangers, *(str(told["false"][step]) for step in steps)]))
        parts.append("\n".join(lines))
    pictures, texts = report["pictures"], report["text_questions"]
    seconds = pictures["seconds"]
    end = (
        f"{pictures['hashes']:,} hashes: {pictures['known_found']} of {pictures['of_known']} known pictures found, "
        f"{pictures['unknown_found']} others; a question in eight turns takes {_took(pictures)}, and "
        f"{pictures['less_than_all_rows']:g} times less work than comparing with all. By the clock: stored in "
        f"{seconds['store']:g} s, read and indexed in {seconds['read_and_index']:g} s, one added and found in "
        f"{1000 * seconds['add_one_and_find_it']:.0f} ms. A question of a text among {texts['texts']:,} takes "
        f"{_took(texts)}. The default similarity is {at}. `{report['command']}`"
    )
    return "\n\n".join([*parts, end])


def _took(told: Mapping[str, Mapping[str, float]]) -> str:
    worked, clock = told["processor_milliseconds"], told["milliseconds"]
    return (
        f"{worked['p50']:g} ms of a processor ({worked['p99']:g} at the 99th percentile; by the clock, beside whatever "
        f"else ran, {clock['p50']:g} and {clock['p99']:g})"
    )


def search_videos() -> str:
    """Videos found by words, and queries that are right to find nothing."""
    path = RESULTS / "search_videos.json"
    if not path.exists():
        return "Not measured yet."
    report = json.loads(path.read_text(encoding="utf-8"))
    clips, photos = f"{report['clips']} clips", f"{report['photos']} photos"
    rows = [
        (f"{clips}, labels: the first video is one of the label", report["labels"], "first"),
        (f"{clips}, sentences on them: the first video is the one", report["sentences"], "first"),
        ("of these, those that the rule for sentences was not chosen on", report["sentences_others"], "first"),
        (f"{photos}, labels that a model has a name for", report["photos_named"], "first"),
        (f"{photos}, sentences on two of these", report["photos_sentences"], "first"),
        (f"{photos}, all labels", report["photos_labels"], "first"),
        (f"{clips}, keyboard noise: nothing is found", report["abstained"]["noise"], "share"),
        (f"{clips}, unrelated words: nothing is found", report["abstained"]["unrelated"], "share"),
        (
            f"{clips}, unrelated sentences: nothing is found",
            report["abstained"]["sentences"],
            "share",
        ),
        (f"{clips}, things that are in none: nothing is found", report["abstained"]["absent"], "share"),
    ]
    lines = [table_line(["Of queries, right", "queries", "share"]), "|---" * 3 + "|"]
    lines += [table_line([name, str(told["queries"]), f"{told[key]:.2f}"]) for name, told, key in rows]
    wrong = {**report["labels"]["wrong"], **report["sentences"]["wrong"]}
    missed = "; ".join(f"{query!r} finds {first or 'nothing'}" for query, first in wrong.items()) or "none"
    told = f"{report['moments']} moments of {clips}, watched and indexed in {report['index_s']} s; a query takes"
    end = f"{told} {report['search_ms']} ms, its encoding included. `{report['command']}`"
    return "\n\n".join(["\n".join(lines), f"Of clips, wrong: {missed}.", end])


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
    "shots": shots,
    "copies_videos": copies_videos,
    "video_pass": video_pass,
    "objects": objects,
    "actions": actions,
    "hostile": hostile,
    "banks": banks,
    "search_videos": search_videos,
}
"""Marker on the page, and name of the result -> table."""
