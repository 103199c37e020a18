"""A catalogue of one's own for tests: tiny models, cards that name them, and a hub on this machine that gives them."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np

from socialflow.catalogue.upstream.cards import Cards
from socialflow.errors import SourceUnavailable, TooLarge

HUB = "https://hub.example"


def doubling(width: int = 3) -> bytes:
    """An ONNX model that gives twice its input `x` (n, width) as `y`."""
    from onnx import TensorProto, helper, numpy_helper

    graph = helper.make_graph(
        [helper.make_node("Mul", ["x", "two"], ["y"])],
        "doubling",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", width])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", width])],
        [numpy_helper.from_array(np.array(2.0, np.float32), "two")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    return bytes(model.SerializeToString())


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def file_text(path: str, content: bytes, url: str = "") -> str:
    """A file of a card, its digest known."""
    copy = f'[[files.copies]]\nsha256 = "{sha256(content)}"\nsize = {len(content)}\nurl = "{url}"\n'
    return f'[[files]]\npath = "{path}"\n{copy}'


def unknown_text(path: str, url: str = "") -> str:
    """A file of a card, its digest not known."""
    return f'[[files]]\npath = "{path}"\nunverified = true\nurl = "{url}"\n'


def graph_text(file: str = "model.onnx", width: int = 3) -> str:
    """The graph of `doubling`."""
    tensors = "\n".join(
        f'{side} = [{{ name = "{name}", dtype = "float32", shape = ["n", {width}] }}]'
        for side, name in (("inputs", "x"), ("outputs", "y"))
    )
    return f'[[graphs]]\nname = "model"\nfile = "{file}"\n{tensors}\n'


def card_text(*parts: str, head: str = "") -> str:
    """A whole card; `head` goes before its tables."""
    about = (
        'task = "image_classification"\nsummary = "Doubles."\nlicence = "MIT"\nsource = "https://hub.example/doubling"\n'
        'runtime = "onnx"\nchecked = true\nquality = ["exact"]\nlimitations = ["doubles only"]\n'
    )
    return about + head + "".join(parts)


def write_cards(folder: Path, **cards: str) -> Path:
    """A folder of cards; `_` in a name stands for `-`."""
    folder.mkdir(exist_ok=True)
    for name, text in cards.items():
        (folder / f"{name.replace('_', '-')}.toml").write_text(text, encoding="utf-8")
    return folder


@dataclass
class Hub:
    """A server on this machine, and what reads it: every `https://hub.example/...` means this server."""

    files: Mapping[str, bytes]
    port: int = 0
    asked: list[str] = field(default_factory=list)

    async def fetch(self, url: str, *, into: Path, max_bytes: int) -> "Fetched":
        """As `kit.fetching` does it, without its suspicion."""
        parts = urlsplit(url)
        assert f"{parts.scheme}://{parts.netloc}" == HUB
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(f"GET {parts.path} HTTP/1.0\r\n\r\n".encode())
        status, *_ = (await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")
        body = await reader.read()
        writer.close()
        await writer.wait_closed()
        if b" 200 " not in status:
            raise SourceUnavailable(f"{url} answers {status.decode()}")
        if len(body) > max_bytes:
            raise TooLarge(f"{url} holds more than {max_bytes} bytes")
        path = into / "fetched"
        await asyncio.to_thread(path.write_bytes, body)
        return Fetched(path)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        path = (await reader.readuntil(b"\r\n\r\n")).split()[1].decode()
        self.asked.append(path)
        body = self.files.get(path)
        status = "200 OK" if body is not None else "404 Not Found"
        writer.write(f"HTTP/1.0 {status}\r\nContent-Length: {len(body or b'')}\r\n\r\n".encode() + (body or b""))
        await writer.drain()
        writer.close()


@dataclass(frozen=True)
class Fetched:
    path: Path


@asynccontextmanager
async def serving(files: Mapping[str, bytes]) -> AsyncIterator[Hub]:
    """A hub that gives these files by path."""
    hub = Hub(files)
    server = await asyncio.start_server(hub._answer, "127.0.0.1", 0)
    hub.port = server.sockets[0].getsockname()[1]
    async with server:
        yield hub


MODEL = doubling()
LABELS = b"one\n two \n\nthree\n"
WIDE = doubling(5)


def two_files(url: str = f"{HUB}/model.onnx") -> str:
    """The card of a doubling model with labels."""
    return card_text(
        file_text("model.onnx", MODEL, url),
        file_text("labels.txt", LABELS, f"{HUB}/labels.txt"),
        graph_text(),
        head='labels_file = "labels.txt"\n',
    )


def names_in(folder: Path) -> list[str]:
    """What lies in a folder."""
    return sorted(path.name for path in folder.iterdir())


def tiny_cards(folder: Path) -> Cards:
    """Cards of doubling models: one whole, one in a folder of another name, one of files deeper down, and so on."""
    return Cards(
        write_cards(
            folder,
            doubling=two_files(),
            foldered=card_text(file_text("model.onnx", MODEL), graph_text(), head='folder = "shared-folder"\n'),
            nested=card_text(file_text("onnx/model.onnx", MODEL, f"{HUB}/model.onnx"), graph_text("onnx/model.onnx")),
            unknown=card_text(unknown_text("model.onnx", f"{HUB}/model.onnx"), graph_text()),
            homeless=card_text(file_text("model.onnx", MODEL), graph_text()),
            wide=card_text(file_text("model.onnx", WIDE, f"{HUB}/wide.onnx"), graph_text()),
        )
    )


def tiny_mirror(folder: Path) -> Path:
    """A mirror that has two of them."""
    for name in ("doubling", "shared-folder"):
        (folder / name).mkdir(parents=True)
        (folder / name / "model.onnx").write_bytes(MODEL)
        (folder / name / "labels.txt").write_bytes(LABELS)
    return folder
