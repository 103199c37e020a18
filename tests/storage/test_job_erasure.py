"""Forgetting a person takes the jobs that speak of them along, and their name out of the jobs about many."""

from pathlib import Path

import pytest

from socialflow.errors import JobNotFound
from socialflow.jobs.records import Job, JobError, JobState
from socialflow.storage.unit_of_work import Store
from tests.storage.nouns import NOW, user
from tests.storage.work import add, at, get, new, running

PERSON, NAME = "person-7f3a9c", "quagmire-ada"


@pytest.fixture
async def key(store: Store) -> int:
    """The key of the person, who is there beside another."""
    async with store.write() as unit:
        await unit.users.upsert([user(PERSON, NAME), user("other")])
        found = (await unit.users.get(PERSON)).key
    assert found is not None
    return found


async def erase(store: Store) -> int:
    """Rows of jobs that it changed."""
    async with store.write() as unit:
        return (await unit.erasures.erase_user(PERSON, NOW)).rows.get("jobs", 0)


async def gone(store: Store, job: Job) -> bool:
    try:
        await get(store, job)
    except JobNotFound:
        return True
    return False


class TestErasing:
    async def test_deletes_jobs_of_the_person_in_any_state(self, store: Store, key: int) -> None:
        (queued,) = await add(store, new(user=key))
        runs = await running(store, "runs", user=key)
        (kept,) = await add(store, new("other", config={"user_id": "other"}))
        assert await erase(store) == 2
        assert [await gone(store, job) for job in (queued, runs, kept)] == [True, True, False]

    async def test_a_run_of_a_deleted_job_can_write_no_end(self, store: Store, key: int) -> None:
        job = await running(store, user=key)
        await erase(store)
        async with store.write() as unit:
            assert await unit.jobs.renew(job.id, "token", at(60)) is None
            assert not await unit.jobs.finish(job.id, "token", JobState.SUCCEEDED, NOW)

    async def test_jobs_about_many_go_on_without_the_name(self, store: Store, key: int) -> None:
        (job,) = await add(store, new(config={"user_ids": ["other", PERSON], "limit": 5}))
        (alone,) = await add(store, new(config={"user_ids": [PERSON]}))
        await erase(store)
        assert (await get(store, job)).config == {"user_ids": ["other"], "limit": 5}
        assert await gone(store, alone)

    async def test_ended_jobs_that_mention_the_name_are_deleted(self, store: Store, key: int) -> None:
        job = await running(store)
        async with store.write() as unit:
            error = JobError("user_not_found", f"no user has the id {PERSON!r}")
            await unit.jobs.finish(job.id, "token", JobState.FAILED, NOW, error=error)
        told = await running(store, "told", token="told")
        async with store.write() as unit:
            await unit.jobs.finish(told.id, "told", JobState.SUCCEEDED, NOW, result={"users": {NAME: 3}})
        await erase(store)
        assert [await gone(store, job), await gone(store, told)] == [True, True]


async def test_no_byte_of_the_files_keeps_the_name(sqlite_url: str) -> None:
    store = Store(sqlite_url)
    async with store.write() as unit:
        await unit.users.upsert([user(PERSON, NAME)])
        key = (await unit.users.get(PERSON)).key
    await add(store, new(f"for {NAME}", config={"user_id": PERSON}, user=key))
    await add(store, new(config={"user_ids": ["other", PERSON]}))
    await erase(store)
    await store.close()
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    written = b"".join(file.read_bytes() for file in path.parent.glob(f"{path.name}*"))
    assert written
    assert PERSON.encode() not in written
    assert NAME.encode() not in written
