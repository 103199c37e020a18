"""PySceneDetect's detectors, run by a Python of their own that `benchmarks.shots` asks line by line.

Nothing of this project is imported where they run: this file is started as a script there.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import process_time
from typing import Any, TextIO

PYTHON = Path(__file__).parents[1] / "var" / "shots-peers" / "bin" / "python"
DETECTORS = ("ContentDetector", "AdaptiveDetector", "HashDetector", "HistogramDetector", "ThresholdDetector")
BACKENDS = ("opencv", "pyav")


@dataclass(frozen=True, slots=True)
class Peer:
    """A process that has PySceneDetect."""

    asked: TextIO
    told: TextIO
    version: str

    def watch(self, detector: str, backend: str, path: Path) -> tuple[list[int], float]:
        """Frames at which new scenes begin, and processor seconds, decoding included."""
        self.asked.write(json.dumps([detector, backend, str(path)]) + "\n")
        self.asked.flush()
        starts, seconds = json.loads(self.told.readline())
        return starts, seconds


@contextmanager
def peer(python: Path) -> Iterator[Peer | None]:
    """Start it; None: there is no such Python."""
    if not python.exists():
        print(f"PySceneDetect is left out: there is no {python}")
        yield None
        return
    environment = {**os.environ, "OPENCV_FFMPEG_CAPTURE_OPTIONS": "threads;1", "PYTHONPATH": ""}
    with subprocess.Popen(
        [python, "-W", "ignore", __file__], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin
        assert process.stdout
        yield Peer(process.stdin, process.stdout, json.loads(process.stdout.readline()))
        process.stdin.close()


def serve() -> None:
    """Answer every line of the standard input."""
    import cv2
    import scenedetect  # type: ignore[import-not-found]

    cv2.setNumThreads(1)
    print(json.dumps(scenedetect.__version__), flush=True)
    for line in sys.stdin:
        print(json.dumps(_watched(scenedetect, *json.loads(line))), flush=True)


def _watched(library: Any, detector: str, backend: str, path: str) -> tuple[list[int], float]:
    begun = process_time()
    manager = library.SceneManager()
    manager.add_detector(getattr(library, detector)())
    manager.detect_scenes(library.open_video(path, backend=backend))
    starts = [int(start.frame_num) for start, _ in manager.get_scene_list()[1:]]
    return starts, process_time() - begun


if __name__ == "__main__":
    serve()
