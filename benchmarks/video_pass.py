"""What watching a video costs beside decoding it: every observer alone, and all together.

`python -m benchmarks video_pass`

Two clips made on the spot, H.264 at 1280 x 720 and 640 x 360 with sound, of something that moves, noisy as a camera is.
Each pass decodes on one thread in this process; processor seconds count, so that others on the machine disturb little.
Every set of observers watches five times, each between two passes that decode alone; shown are medians of the ratios.
Who listens is measured beside decoding of pictures and sound, who does not beside that of pictures. Only observers that
need no model and read nothing are here: what models cost depends on the model.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import process_time

import numpy as np

from benchmarks.results_file import write
from socialflow.kit.findings import Finding
from socialflow.video.builders import OBSERVERS
from socialflow.video.observer import Needs, Observer

ALONE = ("blood", "loudness", "prints", "quality", "rhythm", "shots", "stills", "thumbnails")
TOGETHER = ("shots", "rhythm", "quality", "loudness", "thumbnails", "prints")
"""Those of scenes, quality, thumbnails and fingerprints."""
SIZES = {"720p": (1280, 720), "360p": (640, 360)}
_SECONDS, _RATE, _TURNS = 8, 30, 5


def run() -> Path:
    """Measure and write `results/video_pass.json`."""
    with TemporaryDirectory() as folder:
        figures = {name: _measured(_clip(Path(folder) / f"{name}.mp4", *size)) for name, size in SIZES.items()}
    shown = {"seconds": _SECONDS, "frames": _SECONDS * _RATE, "turns": _TURNS, "sizes": figures}
    return write("video_pass", "python -m benchmarks video_pass", shown)


def _measured(path: Path) -> Mapping[str, object]:
    sets: Mapping[str, Sequence[type[Observer]]] = {
        **{name: [OBSERVERS[name]] for name in ALONE},
        "scenes, quality, thumbnails, fingerprint": [OBSERVERS[name] for name in TOGETHER],
    }
    _seconds(path, ())
    alone, ratios = [], {name: [] for name in sets}
    for _ in range(_TURNS):
        for name, kinds in sets.items():
            bare = [Listens] if any(kind.needs.sound for kind in kinds) else []
            before, watched, after = (_seconds(path, each) for each in (bare, kinds, bare))
            if not bare:
                alone += [before, after]
            ratios[name].append(2 * watched / (before + after))
    frames = _SECONDS * _RATE
    return {
        "decode_ms_a_frame": round(1000 * median(alone) / frames, 3),
        "ratios": {name: round(median(found), 3) for name, found in ratios.items()},
        "spread": {name: [round(min(found), 3), round(max(found), 3)] for name, found in ratios.items()},
    }


class Listens(Observer):
    """Has sound decoded, and does nothing with it."""

    name = "listens"
    needs = Needs(sound=True)

    def end(self) -> Finding:
        """Nothing."""
        return Finding({})


def _seconds(path: Path, kinds: Sequence[type[Observer]]) -> float:
    """Of the processor, for one pass."""
    from socialflow.video.stream import watch

    observers = [kind() for kind in kinds]
    begun = process_time()
    watch(path, observers)
    return process_time() - begun


def _clip(path: Path, width: int, height: int) -> Path:
    """Soft shapes that move over each other, with noise, and a tone with pauses."""
    import av

    rng = np.random.default_rng(0)
    fields = [_field(rng, height, 2 * width) for _ in range(2)]
    noise = rng.integers(-3, 4, (4, height, width, 1))
    with av.open(str(path), "w") as container:
        options = {"crf": "23", "preset": "medium"}
        stream = container.add_stream("libx264", rate=_RATE, options=options)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        heard = container.add_stream("aac", rate=48_000)
        heard.codec_context.layout = "stereo"
        for number in range(_SECONDS * _RATE):
            left = 2 * number % width
            near, far = fields[0][:, left : left + width], fields[1][:, width - left // 2 :][:, :width]
            mixed = np.where(near > 120, near, far) + noise[number % 4]
            image = np.clip(mixed, 0, 255).astype(np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode())
        for start in range(0, _SECONDS * 48_000, 1024):
            at = (start + np.arange(1024)) / 48_000
            tone = (0.3 * np.sin(2 * np.pi * 440 * at) * (np.sin(3 * at) > 0)).astype(np.float32)
            frame = av.AudioFrame.from_ndarray(np.stack([tone, tone]), format="fltp", layout="stereo")
            frame.sample_rate, frame.pts = 48_000, start
            container.mux(heard.encode(frame))
        container.mux(heard.encode())
    return path


def _field(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """Colours that change softly (height, width, 3)."""
    coarse = rng.integers(0, 256, (height // 40 + 2, width // 40 + 2, 3)).astype(np.float64)
    rows, columns = np.arange(height) / 40, np.arange(width) / 40
    top, left = rows.astype(int), columns.astype(int)
    down, along = (rows - top)[:, None, None], (columns - left)[None, :, None]
    upper = coarse[top][:, left] * (1 - along) + coarse[top][:, left + 1] * along
    lower = coarse[top + 1][:, left] * (1 - along) + coarse[top + 1][:, left + 1] * along
    return upper * (1 - down) + lower * down
