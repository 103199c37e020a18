"""Models fetched from where they are published: checked, and never there by halves."""

import asyncio
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from tests import media_server
from tests.media_fetching import HOST, fetcher
from tests.media_server import Authority
from tests.upstream_hub import (
    HUB,
    LABELS,
    MODEL,
    WIDE,
    card_text,
    file_text,
    graph_text,
    names_in,
    serving,
    sha256,
    two_files,
    write_cards,
)

from socialflow.catalogue.upstream.cards import Cards
from socialflow.catalogue.upstream.loading import load
from socialflow.catalogue.upstream.pulling import Given
from socialflow.catalogue.upstream.receipt import read_receipt
from socialflow.catalogue.upstream.records import State
from socialflow.catalogue.upstream.store import UpstreamModels
from socialflow.errors import (
    DigestMismatch,
    InvalidInput,
    ModelUnavailable,
    SourceUnavailable,
)
from socialflow.kit.fetching import Fetcher


class TestUpstream:
    async def test_a_model_is_pulled_loaded_and_run(self, root: Path, cards: Cards) -> None:
        async with serving({"/model.onnx": MODEL, "/labels.txt": LABELS}) as hub:
            models = UpstreamModels(root, fetch=hub, cards=cards)
            installed = await models.pull("doubling")
            assert hub.asked == ["/model.onnx", "/labels.txt"]
            assert await models.pull("doubling") == installed
            assert len(hub.asked) == 2
        answer = load(installed).graph().run({"x": np.ones((2, 3), np.float32)})
        assert answer["y"].tolist() == [[2.0] * 3] * 2
        assert names_in(root) == [".lock", "doubling"]
        assert names_in(installed.directory) == [
            "installed.json",
            "labels.txt",
            "model.onnx",
        ]

    async def test_a_file_may_lie_deeper(self, root: Path, cards: Cards) -> None:
        async with serving({"/model.onnx": MODEL}) as hub:
            installed = await UpstreamModels(root, fetch=hub, cards=cards).pull("nested")
        assert installed.path("onnx/model.onnx") == root / "nested" / "onnx" / "model.onnx"
        assert installed.size == len(MODEL)

    @pytest.mark.parametrize(
        ("body", "error"),
        [(MODEL[:-1] + b"x", DigestMismatch), (MODEL[:-5], DigestMismatch), (MODEL * 2, SourceUnavailable)],
    )
    async def test_anything_else_is_refused_and_nothing_stays(
        self, root: Path, cards: Cards, body: bytes, error: type[Exception]
    ) -> None:
        async with serving({"/model.onnx": body, "/labels.txt": LABELS}) as hub:
            models = UpstreamModels(root, fetch=hub, cards=cards)
            with pytest.raises(error):
                await models.pull("doubling")
        assert models.state("doubling") is State.ABSENT
        assert names_in(root) == [".lock"]

    async def test_a_failed_pull_leaves_the_one_before_in_place(self, root: Path, cards: Cards, tmp_path: Path) -> None:
        async with serving({"/model.onnx": MODEL, "/labels.txt": LABELS}) as hub:
            await UpstreamModels(root, fetch=hub, cards=cards).pull("doubling")
            gone = Cards(write_cards(tmp_path / "gone", doubling=two_files(f"{HUB}/gone.onnx")))
            changed = root / "doubling" / "labels.txt"
            changed.chmod(0o644)
            changed.write_bytes(b"changed")
            with pytest.raises(SourceUnavailable, match="404"):
                await UpstreamModels(root, fetch=hub, cards=gone).pull("doubling")
        assert changed.read_bytes() == b"changed"

    async def test_each_address_is_tried_and_all_failures_are_told(
        self, root: Path, cards: Cards, tmp_path: Path
    ) -> None:
        second = file_text("model.onnx", WIDE, f"{HUB}/wide.onnx").partition("[[files.copies]]")[2]
        text = card_text(file_text("model.onnx", MODEL, f"{HUB}/gone.onnx"), "[[files.copies]]", second, graph_text())
        both = Cards(write_cards(tmp_path / "both", doubling=text))
        async with serving({"/wide.onnx": WIDE}) as hub:
            installed = await UpstreamModels(root, fetch=hub, cards=both).pull("doubling")
            assert installed.path("model.onnx").read_bytes() == WIDE
        async with serving({}) as hub:
            with pytest.raises(SourceUnavailable, match=r"gone\.onnx.*wide\.onnx"):
                await UpstreamModels(tmp_path / "other", fetch=hub, cards=both).pull("doubling")

    async def test_the_services_own_fetcher_reads_a_hub_that_redirects(self, root: Path, tmp_path: Path) -> None:
        authority = Authority(tmp_path)
        script = (media_server.redirect("/real.onnx"), media_server.answer(MODEL))
        async with media_server.serving(*script, tls=authority.server(HOST)) as server:
            text = card_text(file_text("model.onnx", MODEL, f"https://{HOST}:{server.port}/model.onnx"), graph_text())
            cards = Cards(write_cards(tmp_path / "cards", doubling=text))
            models = UpstreamModels(root, fetch=fetcher(server, tls=authority.trusted()), cards=cards)
            installed = await models.pull("doubling")
        answer = load(installed).graph().run({"x": np.ones((1, 3), np.float32)})
        assert answer["y"].tolist() == [[2.0] * 3]
        assert names_in(root / "doubling") == ["installed.json", "model.onnx"]

    async def test_an_address_inside_is_refused_by_it(self, root: Path, tmp_path: Path) -> None:
        text = card_text(file_text("model.onnx", MODEL, "https://127.0.0.1/model.onnx"), graph_text())
        models = UpstreamModels(root, fetch=Fetcher(), cards=Cards(write_cards(tmp_path / "cards", doubling=text)))
        with pytest.raises(SourceUnavailable, match=r"https://127\.0\.0\.1/model\.onnx cannot be fetched"):
            await models.pull("doubling")

    async def test_without_mirror_address_or_reader_it_says_what_helps(self, root: Path, cards: Cards) -> None:
        with pytest.raises(ModelUnavailable, match=r"SOCIALFLOW_MODEL_MIRROR.*--url model\.onnx=ADDRESS"):
            await UpstreamModels(root, cards=cards).pull("homeless")
        with pytest.raises(ModelUnavailable, match="nothing here can read https://hub"):
            await UpstreamModels(root, cards=cards).pull("doubling")

    async def test_an_address_can_be_given(self, root: Path, mirror: Path, cards: Cards) -> None:
        given = Given(urls={"model.onnx": f"{HUB}/elsewhere.onnx"})
        async with serving({"/elsewhere.onnx": MODEL}) as hub:
            installed = await UpstreamModels(root, mirror, hub, cards=cards).pull("homeless", given)
        assert installed.path("model.onnx").read_bytes() == MODEL
        assert read_receipt(root / "homeless").files["model.onnx"].source == f"{HUB}/elsewhere.onnx"

    @pytest.mark.parametrize("url", ["http://hub.example/m.onnx", "file:///etc/passwd", "https://a@b/m", "https:///m"])
    async def test_only_https_addresses_are_taken(self, root: Path, cards: Cards, url: str) -> None:
        with pytest.raises(InvalidInput, match="https"):
            await UpstreamModels(root, cards=cards).pull("homeless", Given(urls={"model.onnx": url}))


class TestUnknownDigests:
    async def test_nothing_is_taken_unchecked(self, root: Path, cards: Cards) -> None:
        async with serving({"/model.onnx": MODEL}) as hub:
            models = UpstreamModels(root, fetch=hub, cards=cards)
            with pytest.raises(InvalidInput, match=r"--sha256 model\.onnx=DIGEST"):
                await models.pull("unknown")
            with pytest.raises(DigestMismatch):
                await models.pull("unknown", Given({"model.onnx": "0" * 64}))
            assert models.state("unknown") is State.ABSENT
            installed = await models.pull("unknown", Given({"model.onnx": sha256(MODEL).upper()}))
            assert installed.path("model.onnx").read_bytes() == MODEL
            asked = len(hub.asked)
            assert await models.pull("unknown", Given({"model.onnx": sha256(MODEL)})) == installed
            assert len(hub.asked) == asked
            with pytest.raises(DigestMismatch):
                await models.pull("unknown", Given({"model.onnx": "1" * 64}))
        assert UpstreamModels(root, cards=cards).open("unknown").files == installed.files

    async def test_what_was_given_is_what_must_stay(self, root: Path, cards: Cards) -> None:
        async with serving({"/model.onnx": MODEL}) as hub:
            models = UpstreamModels(root, fetch=hub, cards=cards)
            await models.pull("unknown", Given({"model.onnx": sha256(MODEL)}))
        path = root / "unknown" / "model.onnx"
        path.chmod(0o644)
        path.write_bytes(MODEL[:-1] + b"x")
        with pytest.raises(DigestMismatch):
            models.open("unknown")

    @pytest.mark.parametrize(
        ("name", "given", "said"),
        [
            ("unknown", Given({"other.onnx": "0" * 64}), "has no file"),
            ("unknown", Given({"model.onnx": "abc"}), "64 hexadecimal"),
            ("doubling", Given({"model.onnx": "0" * 64}), "another digest"),
            ("doubling", Given(urls={"other.onnx": HUB}), "has no file"),
        ],
    )
    async def test_what_does_not_fit_the_card_is_refused(
        self, root: Path, cards: Cards, name: str, given: Given, said: str
    ) -> None:
        with pytest.raises(InvalidInput, match=said):
            await UpstreamModels(root, cards=cards).pull(name, given)


HANGING = """
import asyncio, sys
from pathlib import Path
from socialflow.catalogue.upstream.cards import Cards
from socialflow.catalogue.upstream.store import UpstreamModels
from socialflow.kit.fetching import Fetcher

class Hanging:
    async def fetch(self, url, *, into, max_bytes):
        (into / "part").write_bytes(b"half of it")
        print("half", flush=True)
        await asyncio.Event().wait()

root, cards = map(Path, sys.argv[1:])
asyncio.run(UpstreamModels(root, fetch=Hanging(), cards=Cards(cards)).pull("doubling"))
"""


def pull_and_be_killed(root: Path, cards: Path) -> None:
    command = [sys.executable, "-c", HANGING, str(root), str(cards)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"half\n"
        child.send_signal(signal.SIGKILL)


class TestInterruptions:
    async def test_a_killed_pull_leaves_nothing_that_is_used(self, root: Path, cards: Cards, tmp_path: Path) -> None:
        await asyncio.to_thread(pull_and_be_killed, root, tmp_path / "cards")
        assert [name for name in names_in(root) if name.startswith(".pulling-")]
        models = UpstreamModels(root, cards=cards)
        assert models.state("doubling") is State.ABSENT
        async with serving({"/model.onnx": MODEL, "/labels.txt": LABELS}) as hub:
            await UpstreamModels(root, fetch=hub, cards=cards).pull("doubling")
        assert names_in(root) == [".lock", "doubling"]

    async def test_a_cancelled_pull_leaves_nothing(self, root: Path, cards: Cards) -> None:
        begun = asyncio.Event()

        class Hanging:
            async def fetch(self, url: str, *, into: Path, max_bytes: int) -> None:
                begun.set()
                await asyncio.Event().wait()

        models = UpstreamModels(root, fetch=Hanging(), cards=cards)  # type: ignore[arg-type]
        pulling = asyncio.create_task(models.pull("doubling"))
        await begun.wait()
        pulling.cancel()
        with pytest.raises(asyncio.CancelledError):
            await pulling
        assert names_in(root) == [".lock"]

    async def test_two_pulls_at_once_end_with_one_model(self, root: Path, cards: Cards) -> None:
        async with serving({"/model.onnx": MODEL, "/labels.txt": LABELS}) as hub:
            models = UpstreamModels(root, fetch=hub, cards=cards)
            both = await asyncio.gather(models.pull("doubling"), models.pull("doubling"))
        assert both[0] == both[1]
        assert names_in(root) == [".lock", "doubling"]

    def test_threads_open_the_same_model_at_once(self, mirrored: UpstreamModels) -> None:
        found: list[object] = []
        threads = [threading.Thread(target=lambda: found.append(mirrored.open("doubling"))) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(found) == 8
        assert all(one == found[0] for one in found)
