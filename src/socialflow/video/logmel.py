"""Log-mel spectrograms as Whisper takes them (Radford et al., "Robust speech recognition via large-scale weak
supervision", 2022): 25 ms windows every 10 ms, mel bands as Slaney's Auditory Toolbox has them (1998).
"""

from functools import cache

import numpy as np
import numpy.typing as npt

from socialflow.video.records import SOUND_RATE, Samples

Floats = npt.NDArray[np.float32]
SIZE, HOP = 400, 160
SECONDS = 30
_LINEAR, _BREAK = 200 / 3, 1000.0
"""Hertz a mel below a thousand hertz, from where mels are logarithmic."""
_STEP = np.log(6.4) / 27


def log_mel(samples: Samples, bands: int) -> Floats:
    """Features (bands, 3000) of at most 30 seconds, filled up with silence; about -1 to 1.

    >>> log_mel(np.zeros(SOUND_RATE, np.float32), 80).shape
    (80, 3000)
    """
    most = SECONDS * SOUND_RATE
    sound = np.pad(samples[:most], (0, max(0, most - len(samples))))
    padded = np.pad(sound, SIZE // 2, mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, SIZE)[::HOP][: most // HOP]
    window = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(SIZE) / SIZE)).astype(np.float32)
    power = np.square(np.abs(np.fft.rfft(frames * window, axis=1))).astype(np.float32)
    levels = np.log10(np.maximum(power @ filters(bands).T, 1e-10))
    found: Floats = ((np.maximum(levels, levels.max() - 8) + 4) / 4).T.astype(np.float32)
    return found


@cache
def filters(bands: int) -> Floats:
    """Triangles over the spectrum (bands, 201), of equal area."""
    at = np.fft.rfftfreq(SIZE, 1 / SOUND_RATE)
    edges = _hertz(np.linspace(0.0, float(_mel(SOUND_RATE / 2)), bands + 2))
    widths = np.diff(edges)
    rise = (at[None] - edges[:-2, None]) / widths[:-1, None]
    fall = (edges[2:, None] - at[None]) / widths[1:, None]
    heights = 2 / (edges[2:] - edges[:-2])
    found: Floats = (np.maximum(0, np.minimum(rise, fall)) * heights[:, None]).astype(np.float32)
    return found


def _mel(hertz: float) -> float:
    if hertz < _BREAK:
        return hertz / _LINEAR
    return float(_BREAK / _LINEAR + np.log(hertz / _BREAK) / _STEP)


def _hertz(mels: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    above = mels - _BREAK / _LINEAR
    found: npt.NDArray[np.float64] = np.where(above < 0, mels * _LINEAR, _BREAK * np.exp(np.maximum(above, 0) * _STEP))
    return found
