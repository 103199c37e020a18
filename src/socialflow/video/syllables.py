"""How much a stretch of sound swells and fades as fast as syllables: speech does, four or five times a second.

Shares of modulation as in Houtgast and Steeneken, "A review of the MTF concept in room acoustics and its use for
estimating speech intelligibility in auditoria", 1985; nothing here knows words, so singing and some machines pass.
"""

import numpy as np

from socialflow.video.records import SOUND_RATE, Samples

FRAME = SOUND_RATE // 50
"""Samples whose energy is one value of the envelope."""
BAND = (300, 4000)
"""Hertz that are listened to."""
SLOWEST, FASTEST = 2.0, 8.0
"""Swells a second that count as syllables."""
WINDOW = 100
"""Values of the envelope (two seconds) that one share is told of."""
SHARE, DEPTH = 0.4, 0.7
"""Of the modulation, and of the mean by which the envelope varies, at which it is all like speech."""
QUIET = 1e-3
"""Mean of the envelope below which there is nothing to hear."""


def envelope(frames: Samples) -> Samples:
    """Loudness of frames (n, `FRAME`) in the band that is listened to (n,), as amplitude."""
    spectrum = np.abs(np.fft.rfft(frames * np.hanning(FRAME).astype(np.float32), axis=1)) ** 2
    width = SOUND_RATE / FRAME
    found: Samples = np.sqrt(spectrum[:, round(BAND[0] / width) : round(BAND[1] / width) + 1].sum(1)).astype(np.float32)
    return found


def speech_like(values: Samples) -> Samples:
    """For every second of an envelope, 50 values a second, how much it sounds like speech, 0 to 1, by the two seconds
    around it."""
    seconds = max(1, round(len(values) / 50))
    found = np.zeros(seconds, np.float32)
    if len(values) < WINDOW // 2:
        return found
    rates = np.fft.rfftfreq(WINDOW, 1 / 50)
    slow = (rates >= SLOWEST) & (rates <= FASTEST)
    window = np.hanning(WINDOW)
    for second in range(seconds):
        begin = min(max(0, second * 50 - 25), max(0, len(values) - WINDOW))
        part = values[begin : begin + WINDOW].astype(np.float64)
        mean = part.mean()
        if mean < QUIET:
            continue
        swells = np.abs(np.fft.rfft((part - mean) * window[: len(part)], WINDOW)) ** 2
        share = swells[slow].sum() / max(swells[1:].sum(), 1e-12)
        found[second] = min(1.0, share / SHARE) * min(1.0, part.std() / mean / DEPTH) ** 2
    return found
