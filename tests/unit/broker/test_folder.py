"""Messages as files: whole or not at all, oldest first, each to one worker, whatever was killed in between."""

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from kombu.simple import SimpleQueue

from socialflow.broker.app import QUEUE, make_app
from socialflow.broker.config import BrokerSettings
from socialflow.broker.folder import prepare

Box: TypeAlias = Any
"""A `SimpleQueue`; kombu has no types."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "queue"
    prepare(made)
    return made


@pytest.fixture
def boxes(folder: Path) -> Iterator[tuple[Box, Box]]:
    """The queue as two processes see it: each has a connection of its own."""
    with ExitStack() as stack:
        app = make_app(BrokerSettings(folder))
        connections = [stack.enter_context(app.connection()) for _ in range(2)]
        yield tuple(stack.enter_context(SimpleQueue(one, QUEUE)) for one in connections)


def taken(box: Box) -> list[Any]:
    """Everything that is there."""
    found = []
    while True:
        try:
            message = box.get(block=False)
        except box.Empty:
            return found
        message.ack()
        found.append(message.payload)


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


class TestMessages:
    def test_come_oldest_first(self, boxes: tuple[Box, Box]) -> None:
        sender, worker = boxes
        for number in range(20):
            sender.put({"job": number})
        assert [message["job"] for message in taken(worker)] == list(range(20))

    def test_come_to_one_worker_each_and_leave_nothing(self, boxes: tuple[Box, Box], folder: Path) -> None:
        one, other = boxes
        for number in range(6):
            one.put(number)
        came = [box.get(block=False).payload for box in (one, other, other, one, one, other)]
        assert came == [0, 1, 2, 3, 4, 5]
        assert (taken(one), taken(other), files(folder)) == ([], [], [])

    def test_wait_for_who_comes_later(self, folder: Path) -> None:
        for number in range(2):  # each in an application, as in a process, of its own
            with make_app(BrokerSettings(folder)).connection() as connection, SimpleQueue(connection, QUEUE) as box:
                box.put(number)
        with make_app(BrokerSettings(folder)).connection() as connection, SimpleQueue(connection, QUEUE) as box:
            assert taken(box) == [0, 1]

    def test_of_other_queues_stay(self, boxes: tuple[Box, Box], folder: Path) -> None:
        (folder / f"{0:020d}_a.other.msg").write_text("{}")
        assert taken(boxes[0]) == []
        assert len(files(folder)) == 1

    @pytest.mark.parametrize("damage", [b"", b'{"body": "W1tdLC', bytes(400), b"\xff\xfe"])
    def test_that_are_damaged_are_dropped_and_hold_up_no_other(
        self, boxes: tuple[Box, Box], folder: Path, damage: bytes
    ) -> None:
        (folder / f"{0:020d}_a.{QUEUE}.msg").write_bytes(damage)
        boxes[0].put("whole")
        assert taken(boxes[1]) == ["whole"]
        assert files(folder) == []

    def test_that_another_process_takes_or_clears_at_the_same_instant_are_passed_over(
        self, boxes: tuple[Box, Box], folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        boxes[0].put("gone")
        boxes[0].put("there")
        first = files(folder)[0]
        rename = Path.rename

        def cleared(path: Path, target: Path) -> Path:
            moved = rename(path, target)
            if path.name == first:
                moved.unlink()
            return moved

        monkeypatch.setattr(Path, "rename", cleared)
        assert taken(boxes[1]) == ["there"]

    def test_that_are_being_written_are_not_seen(self, boxes: tuple[Box, Box], folder: Path) -> None:
        (folder / f"{0:020d}_a.part").write_text('{"body"')
        assert taken(boxes[0]) == []


class TestPreparing:
    def test_makes_the_folder_once(self, tmp_path: Path) -> None:
        for _ in range(2):
            prepare(tmp_path / "a" / "b")
        assert (tmp_path / "a" / "b").is_dir()

    def test_clears_what_the_killed_left_and_nothing_else(self, folder: Path) -> None:
        long_ago = time.time() - 3600
        for name in ("a.part", f"b.{QUEUE}.msg.17.taken", f"c.{QUEUE}.msg"):
            for age in ("old", "new"):
                path = folder / f"{age}-{name}"
                path.touch()
                if age == "old":
                    os.utime(path, (long_ago, long_ago))
        prepare(folder)
        kept = ["new-a.part", f"new-b.{QUEUE}.msg.17.taken", f"new-c.{QUEUE}.msg", f"old-c.{QUEUE}.msg"]
        assert files(folder) == kept

    def test_is_no_matter_of_files_beside_messages(self, boxes: tuple[Box, Box], folder: Path) -> None:
        """Of files that every process rewrites, one torn by kill -9 would stop them all."""
        boxes[0].put("one")
        assert [name.rpartition(".")[2] for name in files(folder)] == ["msg"]
