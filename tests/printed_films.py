"""The prints of a film, of copies of it, and of another film."""

from pathlib import Path

from socialflow.video.observers.prints import PrintObserver
from socialflow.video.prints import VideoFingerprint, fingerprint_of
from socialflow.video.stream import watch
from tests.clips import film
from tests.moving_pictures import melody, walk


def printed(path: Path) -> VideoFingerprint:
    """The print of a film that lies somewhere."""
    return fingerprint_of(watch(path, [PrintObserver()]).findings["prints"])


def printed_films(
    folder: Path, *, mirrored: tuple[int, int] = (5, 3), dubbed: tuple[int, int] = (6, 2)
) -> dict[str, VideoFingerprint]:
    """Nine seconds (`original`), some of them `mirrored` and without the sound, the sound of some under other pictures
    (`dubbed`), and what has nothing of it (`other`). Of copies: how many seconds, from which on."""
    (seen, since), (heard, then) = mirrored, dubbed
    made = {
        "original": film(folder / "original.mp4", walk(1, 9), rate=10, sound=melody(1, 9)),
        "mirrored": film(folder / "mirrored.mp4", (frame[:, ::-1] for frame in walk(1, seen, start=since)), rate=10),
        "dubbed": film(folder / "dubbed.mp4", walk(4, heard), rate=10, sound=melody(1, heard, start=then)),
        "other": film(folder / "other.mp4", walk(2, 5), rate=10, sound=melody(2, 5)),
    }
    return {name: printed(path) for name, path in made.items()}
