"""Recommendations of many users as a file: JSON lines that a run which was cut short goes on with."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import TypeAlias

import orjson
from pydantic import Field

from socialflow.catalogue.disk import exclusive, sync
from socialflow.jobs.work import Outcome, Run
from socialflow.kit.digests import file_digest
from socialflow.pipelines.batch import BatchProcessor
from socialflow.pipelines.job_config import read_config
from socialflow.pipelines.live import ActiveUsers
from socialflow.pipelines.precompute import CHUNK, MAX_USERS, ListsConfig, UserIds
from socialflow.pipelines.watching import watched
from socialflow.recommendation.records import FeedQuery, Impression

Rank: TypeAlias = Callable[[Sequence[FeedQuery]], Awaitable[Sequence[Impression]]]
"""Answers in the order of the questions, not stored. Raises UserNotFound, ModelUnavailable, StoreUnavailable."""

_LOCK = ".lock"


class InferenceConfig(ListsConfig):
    """Configuration of `batch_inference`: of named users, or of the active ones."""

    user_ids: UserIds | None = None
    days: float = Field(default=30.0, gt=0, le=3650, description="Active is who did something within these days.")
    max_users: int = Field(default=MAX_USERS, ge=1, le=MAX_USERS)


class BatchInference:
    """Writes `<job>.jsonl` into a folder: a line a user, {"user_id", "items": [{"id", "score"}], "status", "missing",
    "made_by"}.

    Lines are durable chunk by chunk, in `<job>.jsonl.part` until the last; a second run of the job leaves out the users
    that the first wrote.
    """

    def __init__(self, rank: Rank, active: ActiveUsers, folder: Path) -> None:
        self._rank = rank
        self._active = active
        self._folder = folder

    async def __call__(self, run: Run) -> Outcome:
        """Raises InvalidInput, ModelUnavailable, StoreUnavailable."""
        config = read_config(InferenceConfig, run.job.config)
        users = config.user_ids
        if users is None:
            users = list(await self._active.ids(days=config.days, limit=config.max_users))
        file = _File(self._folder, run.job.id)
        written = await asyncio.to_thread(file.begin)

        async def write(chunk: Sequence[str]) -> None:
            answers = await self._rank([config.query(user_id) for user_id in chunk])
            rows = [_row(user_id, answer) for user_id, answer in zip(chunk, answers, strict=True)]
            await asyncio.to_thread(file.append, rows)

        report = await BatchProcessor[str](chunk_size=CHUNK).run(
            list(dict.fromkeys(users)), write, progress=watched(run), done_before=written.__contains__
        )
        report.raise_if_all_failed()
        about = await asyncio.to_thread(file.end)
        return Outcome({**report.as_json(), **about}, partial=report.partial)


def forget(folder: Path, names: Collection[str]) -> int:
    """Take the lines of these user ids out of every file, those being written included; returns how many.

    What a killed run left of a line goes too, whosever it is.
    """
    if not folder.is_dir():
        return 0
    removed = 0
    with exclusive(folder / _LOCK):
        for path in sorted([*folder.glob("*.jsonl"), *folder.glob("*.jsonl.part")]):
            lines = path.read_bytes().splitlines(keepends=True)
            kept = [line for line in lines if line.endswith(b"\n") and _user_of(line) not in names]
            if len(kept) < len(lines):
                _replace(path, b"".join(kept))
                removed += len(lines) - len(kept)
    return removed


class _File:
    """One output file. Blocking; every method holds the folder's lock, so that an erasure is never half in it."""

    def __init__(self, folder: Path, job_id: str) -> None:
        self._folder = folder
        self._path = folder / f"{job_id}.jsonl"
        self._part = folder / f"{job_id}.jsonl.part"

    def begin(self) -> set[str]:
        """The users that were written before; what a killed run left of a line is cut off."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with exclusive(self._folder / _LOCK):
            if self._path.exists():  # only the news of the end was lost
                self._path.replace(self._part)
            if not self._part.exists():
                return set()
            written = self._part.read_bytes()
            whole = written[: written.rfind(b"\n") + 1]
            if len(whole) < len(written):
                _replace(self._part, whole)
            return set(_users_in(whole))

    def append(self, rows: Sequence[bytes]) -> None:
        """Add lines, durably."""
        with exclusive(self._folder / _LOCK), self._part.open("ab") as stream:
            stream.write(b"".join(rows))
            stream.flush()
            os.fsync(stream.fileno())

    def end(self) -> dict[str, object]:
        """Give the file its name; says what it is."""
        with exclusive(self._folder / _LOCK):
            self._part.touch()
            self._part.replace(self._path)
            sync(self._folder)
            size = self._path.stat().st_size
            return {"file": f"{self._folder.name}/{self._path.name}", "bytes": size, "sha256": file_digest(self._path)}


def _row(user_id: str, answer: Impression) -> bytes:
    row = {
        "user_id": user_id,
        "items": [{"id": entry.item_id, "score": entry.score} for entry in answer.entries],
        "status": answer.status.value,
        "missing": list(answer.missing),
        "made_by": [{"model": made.model, "version": made.version} for made in answer.provenance],
    }
    return orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE)


def _users_in(lines: bytes) -> Iterator[str]:
    return (_user_of(line) for line in lines.splitlines())


def _user_of(line: bytes) -> str:
    return str(orjson.loads(line)["user_id"])


def _replace(path: Path, content: bytes) -> None:
    aside = path.with_name(f".{path.name}.new")
    with aside.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    aside.replace(path)
