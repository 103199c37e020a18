"""`python -m benchmarks WHAT`: measure, and write `benchmarks/results/*.json`."""

import argparse
import os
from collections.abc import Callable, Mapping
from pathlib import Path

from benchmarks import (
    bandit,
    banks,
    cached,
    cold,
    decisions,
    filters,
    jobs,
    keywords,
    live,
    models,
    moderation,
    peers,
    perspective,
    ranker,
    replay,
    replies,
    serving,
    shots_peers,
    signals,
    social,
    text,
    text_languages,
    text_speed,
    variety,
    video_pass,
    work,
)
from socialflow.text.bundle import PACKAGED

AT_SCALE = {
    "serving": serving.run,
    "work": work.run,
    "cached": cached.run,
    "bandit": bandit.run,
    "cold": cold.run,
    "ranker": ranker.run,
    "variety": variety.run,
}
"""Those that need a simulated platform."""
OTHERS: Mapping[str, Callable[[argparse.Namespace], object]] = {
    "actions": lambda given: _actions(given.shared),
    "banks": lambda given: banks.run(given.shared),
    "filters": lambda given: filters.run(given.shared),
    "copies_images": lambda given: _copies_images(given.shared),
    "copies_videos": lambda given: _copies_videos(given.shared),
    "decisions": lambda _given: decisions.run(),
    "hostile": lambda given: _hostile(given.inputs),
    "jobs": lambda _given: jobs.run(),
    "keywords": lambda given: keywords.run(given.shared, given.yake_python),
    "live": lambda _given: live.run(),
    "models": lambda given: models.run(given.items, _made(given.home)),
    "moderation": lambda given: moderation.run(given.shared),
    "objects": lambda given: _objects(given.shared),
    "peers": lambda given: peers.run(given.peers_python),
    "perspective": lambda given: perspective.run(given.shared),
    "replay": lambda _given: replay.run(),
    "replies": lambda given: replies.run(given.text_model),
    "search_videos": lambda given: _search_videos(given.shared),
    "shots": lambda given: _shots(given.shared, given.shots_peers_python),
    "signals": lambda given: signals.run(given.shared),
    "social": lambda given: social.run(given.shared),
    "text": lambda given: text.run(given.shared, given.text_model),
    "text_languages": lambda given: text_languages.run(given.shared),
    "video_pass": lambda _given: video_pass.run(),
    "text_speed": lambda given: text_speed.run(given.text_peers_python),
}


def _actions(shared: Path) -> object:
    """Needs the media extra."""
    from benchmarks import actions

    return actions.run(shared)


def _objects(shared: Path) -> object:
    """Needs the media extra."""
    from benchmarks import objects

    return objects.run(shared)


def _search_videos(shared: Path) -> object:
    """Needs the media extra."""
    from benchmarks import search_videos

    return search_videos.run(shared)


def _copies_images(shared: Path) -> object:
    """Needs OpenCV, which the others do without."""
    from benchmarks import copies_images

    return copies_images.run(shared)


def _shots(shared: Path, peers_python: Path) -> object:
    """Needs PyAV, which the others do without."""
    from benchmarks import shots

    return shots.run(shared, peers_python)


def _copies_videos(shared: Path) -> object:
    """Needs OpenCV and PyAV."""
    from benchmarks import copies_videos

    return copies_videos.run(shared)


def _hostile(inputs: int) -> object:
    """Needs what decodes videos."""
    from benchmarks import hostile

    return hostile.run(inputs)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("what", nargs="?", default="serving", choices=[*AT_SCALE, *OTHERS])
    parser.add_argument("--users", type=int, default=100_000)
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--days", type=int, default=16)
    parser.add_argument("--home", type=Path, default=Path("var/bench"), help="kept and reused between runs")
    parser.add_argument("--peers-python", type=Path, default=peers.PEERS_PYTHON, help="the Python that has RecTools")
    parser.add_argument("--yake-python", type=Path, default=keywords.YAKE_PYTHON, help="the Python that has YAKE")
    parser.add_argument(
        "--text-peers-python", type=Path, default=text_speed.PEERS_PYTHON, help="the Python that has VADER and TextBlob"
    )
    parser.add_argument(
        "--shots-peers-python", type=Path, default=shots_peers.PYTHON, help="the Python that has PySceneDetect"
    )
    parser.add_argument("--text-model", type=Path, default=PACKAGED, help="a bundle, like that in the package")
    parser.add_argument("--shared", type=Path, default=os.environ.get("SOCIALFLOW_SHARED", "../shared"))
    parser.add_argument("--inputs", type=int, default=5000, help="files that `hostile` sends")
    given = parser.parse_args()
    if given.what in OTHERS:
        OTHERS[given.what](given)
        return
    _made(given.home)
    scale = serving.Scale(given.users, given.items, given.days, given.home.absolute())
    AT_SCALE[given.what](scale)


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


if __name__ == "__main__":
    main()
