"""The page of a video: everything in one file, safe to open, in order."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from tests.clips import film, noise
from typer.testing import CliRunner, Result

from socialflow.catalogue.upstream.shared import shared_models
from socialflow.doors.cli.app import app
from socialflow.doors.cli.pages.page import text

VOID = frozenset({"meta", "img", "br"})


class Reading(HTMLParser):
    """Keeps what a page has, and refuses tags that are not closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.sources: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.sources += [value or "" for name, value in attrs if name in {"src", "href", "srcset", "action"}]
        assert not any(name.startswith("on") for name, _ in attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def report(clip: Path, page: Path, *more: str) -> Result:
    return CliRunner().invoke(app, ["analyze", "video", str(clip), "--report", str(page), *more])


@pytest.fixture(scope="module", autouse=True)
def no_models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """An installation of its own, without any."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOCIALFLOW_HOME", str(tmp_path_factory.mktemp("home")))
        patch.delenv("SOCIALFLOW_MODEL_MIRROR", raising=False)
        shared_models.cache_clear()
        yield
    shared_models.cache_clear()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Result, str]:
    """A page of two shots with sound, of a file with a name that looks like markup."""
    folder = tmp_path_factory.mktemp("reports")
    frames = [*[noise(1, 160, 96)] * 40, *[noise(2, 160, 96)] * 40]
    sound = np.random.default_rng(0).normal(0, 0.1, 51_200).astype(np.float32)
    clip = film(folder / "<script>alert(1)<&'\".mp4", frames, sound=sound)
    return report(clip, folder / "page.html"), (folder / "page.html").read_text(encoding="utf-8")


class TestPage:
    def test_has_every_part(self, made: tuple[Result, str]) -> None:
        result, page = made
        assert result.exit_code == 0, result.output
        reading = Reading()
        reading.feed(page)
        assert reading.open == []
        assert reading.tags.count("section") >= 6
        for heading in ("The file", "What is missing", "Timeline", "Thumbnails", "Quality", "Contact sheet"):
            assert heading in reading.words
        assert reading.tags.count("figure") == 2 + 2
        assert "socialflow models pull face-yunet" in reading.words

    def test_needs_nothing_else_and_runs_nothing(self, made: tuple[Result, str]) -> None:
        page = made[1]
        reading = Reading()
        reading.feed(page)
        assert reading.sources
        assert all(source.startswith("data:image/jpeg;base64,") for source in reading.sources)
        assert "script" not in reading.tags
        assert not re.search(r"url\(|@import|https?://", page)
        assert "default-src 'none'" in page

    def test_names_are_text(self, made: tuple[Result, str]) -> None:
        assert "<script>" not in made[1]
        assert "&lt;script&gt;alert(1)&lt;&amp;&#x27;&quot;.mp4" in made[1]
        assert text(text("<")) == "&lt;"

    def test_of_some_analyses_has_their_parts(self, tmp_path: Path) -> None:
        clip = film(tmp_path / "clip.mp4", [noise(1)] * 30)
        result = report(clip, tmp_path / "page.html", "--ask", "scene", "--json")
        page = (tmp_path / "page.html").read_text(encoding="utf-8")
        assert result.exit_code == 0
        assert result.stdout.startswith("{")
        assert "Contact sheet" in page
        assert "<h2>Thumbnails" not in page

    def test_a_place_that_cannot_be_written_is_named(self, tmp_path: Path) -> None:
        clip = film(tmp_path / "clip.mp4", [noise(1)] * 10)
        result = report(clip, tmp_path / "none" / "page.html", "--ask", "scene")
        assert result.exit_code == 2
        assert "cannot write" in result.stderr
