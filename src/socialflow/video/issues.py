"""What is technically wrong with a video, how bad it is, where, and what mends it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from socialflow.video.bit_rates import BitRate
from socialflow.video.grading import Body


class Severity(StrEnum):
    """How much it harms."""

    INFO = "info"
    WARNING = "warning"
    SEVERE = "severe"


@dataclass(frozen=True, slots=True)
class Issue:
    """Something that can be mended: from `start` to before `end` in seconds, None where it is everywhere."""

    code: str
    severity: Severity
    message: str
    advice: str
    start: float | None = None
    end: float | None = None


SHOWN = 20
"""Stretches of a kind that are listed."""
_RATED: Mapping[str, tuple[str, str, str]] = {
    "sharpness": (
        "blurred",
        "the picture is blurred",
        "film in focus, or upload the original and not an enlarged copy",
    ),
    "compression": (
        "compressed",
        "blocks or steps of compression show",
        "export again from the original at the recommended bit rate",
    ),
    "noise": ("noisy", "the picture is noisy", "film with more light, or reduce noise before export"),
    "light": (
        "light",
        "the picture has little contrast or much of it is cut off to black or white",
        "correct exposure",
    ),
    "steadiness": ("unsteady", "much of it flickers, is combed, black or stands still", "see the other issues"),
    "resolution": ("small", "the picture has few pixels", "export at 720p or more"),
    "frame_rate": ("slow", "there are few frames a second", "export at the rate it was filmed with, 24 or more"),
}
"""Part -> code, what is wrong, what mends it."""


def issues(parts: Mapping[str, float], told: Body | None, heard: Body | None, bits: BitRate | None) -> list[Issue]:
    """All of them, the worst first, then by time."""
    found = list(_of_parts(parts))
    if told is not None:
        found += [*_of_pictures(told), *_of_rate(told)]
    if bits is not None:
        found += _of_bits(bits)
    if heard is not None:
        found += _of_sound(heard)
    ranks = {severity: rank for rank, severity in enumerate(reversed(Severity))}
    return sorted(found, key=lambda issue: (ranks[issue.severity], issue.start or 0.0))


def graded(score: float) -> Severity | None:
    """How bad a score from 0 to 1 is."""
    if score < 0.3:
        return Severity.SEVERE
    if score < 0.6:
        return Severity.WARNING
    return Severity.INFO if score < 0.75 else None


def _of_parts(parts: Mapping[str, float]) -> Iterator[Issue]:
    for part, (code, message, advice) in _RATED.items():
        severity = graded(parts.get(part, 1.0))
        if severity is not None:
            yield Issue(code, severity, message, advice)


def _of_pictures(told: Body) -> Iterator[Issue]:
    until = max(float(told["seconds"]), 1e-6)
    for code, what in (("black", "is black"), ("frozen", "stands still")):
        share = told[f"{code}_seconds"] / until
        severity = Severity.SEVERE if share > 0.9 else Severity.WARNING if share > 0.3 else Severity.INFO
        advice = "cut it out, or mend the export, where it is not meant"
        for one in told[code][:SHOWN]:
            yield Issue(code, severity, f"the picture {what}", advice, one["start"], one["end"])
    for one in told["flashing"][:SHOWN]:
        message, advice = "more than three flashes a second can harm viewers", "slow the flashes down or dim them"
        yield Issue("flashing", Severity.SEVERE, message, advice, one["start"], one["end"])
    if told["combing"] > 0.01:
        message, advice = "lines of two fields stand in one picture", "deinterlace it before export"
        yield Issue("interlaced", Severity.WARNING, message, advice)
    if bars := [side for side, share in told["bars"].items() if share]:
        message = f"bars take the {', '.join(bars)} of the picture"
        yield Issue("bars", Severity.INFO, message, "crop them: players add their own")


def _of_rate(told: Body) -> Iterator[Issue]:
    rate = told["rate"]
    if rate["varying"]:
        message = "frames come at a rate that varies"
        yield Issue("varying_rate", Severity.INFO, message, "export at a constant frame rate where motion stutters")
    elif rate["dropped"] > 0.02 * told["frames"]:
        message = f"{rate['dropped']} frames are missing from an even rate"
        yield Issue("dropped_frames", Severity.WARNING, message, "record or export again with less load")


def _of_bits(bits: BitRate) -> Iterator[Issue]:
    if bits.verdict == "low":
        message = f"{bits.bits} bits a second are few for this content"
        yield Issue("bit_rate_low", Severity.WARNING, message, f"export at about {bits.optimum} bits a second")
    elif bits.verdict == "high":
        message = f"{bits.bits} bits a second are more than can be seen"
        yield Issue("bit_rate_high", Severity.INFO, message, f"about {bits.optimum} look the same and load faster")


def _of_sound(heard: Body) -> Iterator[Issue]:
    seconds = heard["seconds"]
    for one in heard["clipping"][:SHOWN] if heard["clipped"] > 0.0005 else ():
        severity = Severity.SEVERE if heard["clipped"] > 0.02 else Severity.WARNING
        yield Issue("clipping", severity, "the sound is cut off at its peaks", "record at a lower level", **one)
    if heard["silence_seconds"] > 0.95 * seconds:
        yield Issue("silent", Severity.WARNING, "there is a sound track, but nothing on it", "check the recording")
        return
    for one in heard["silence"][:SHOWN]:
        yield Issue("silence", Severity.INFO, "nothing is heard", "check whether it is meant", **one)
    yield from _of_level(heard)


def _of_level(heard: Body) -> Iterator[Issue]:
    loudness, noise = heard["loudness"], heard["speech_to_noise"]
    if loudness is not None and not -30 <= loudness <= -9:
        far = loudness < -40 or loudness > -5
        kind: Mapping[str, Any] = {"severity": Severity.WARNING if far else Severity.INFO}
        if loudness < -30:
            yield Issue("quiet", message=f"{loudness:.1f} LUFS are quiet", advice="bring it to about -14 LUFS", **kind)
        else:
            yield Issue("loud", message=f"{loudness:.1f} LUFS are loud", advice="bring it to about -14 LUFS", **kind)
    if abs(heard["offset"]) > 0.02:
        yield Issue("offset", Severity.INFO, "the sound does not swing around zero", "remove the DC offset")
    if noise is not None and noise < 6 and loudness is not None:
        message = "nothing stands out of the noise: speech, if there is any, is hard to follow"
        yield Issue("noise_floor", Severity.INFO, message, "record nearer to who speaks")
