"""Films and sounds that were judged before a bank learned of them: they come before people as pictures do."""

import numpy as np
import pytest

from socialflow.image.pdq import HASH_BYTES
from socialflow.image.regions import COUNT
from socialflow.moderation.banks.films import print_of
from socialflow.moderation.banks.records import BankKind
from socialflow.moderation.rechecking import FILMS
from socialflow.video.prints import VideoFingerprint
from tests.printed_films import printed_films
from tests.storage.bank_house import APPROVED, House


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> dict[str, VideoFingerprint]:
    return printed_films(tmp_path_factory.mktemp("films"), mirrored=(6, 2), dubbed=(7, 1))


async def judged(house: House, films: dict[str, VideoFingerprint]) -> None:
    """All films, posted while a bank of films is in use that knows none of them."""
    await house.bank("films", BankKind.VIDEO)
    for name, made in films.items():
        await house.film(name, made)
    assert await house.work() == []


async def test_a_copy_that_was_approved_before_comes_before_people(
    house: House, films: dict[str, VideoFingerprint]
) -> None:
    await judged(house, films)
    (entry,) = await house.add("films", print_of(films["original"]))
    (told,) = await house.work()
    assert (told["looked"], told["found"], told["raised"], told["undecided"]) == (4, 3, 3, 0)
    assert await house.waiting() == ["dubbed", "mirrored", "original"]
    assert await house.status("mirrored") is APPROVED  # nothing is decided by itself
    (note, *_) = await house.queue.notes((await house.claim())[0].id)
    assert f"the entry {entry} of the hash bank films matches it since it was judged" in note.text


async def test_so_does_what_has_the_sound_of_a_new_entry(house: House, films: dict[str, VideoFingerprint]) -> None:
    await judged(house, films)
    await house.bank("sounds", BankKind.AUDIO, print_of(films["original"], sound_only=True))
    (told,) = await house.work()
    assert (told["looked"], told["found"]) == (4, 2)
    assert await house.waiting() == ["dubbed", "original"]


async def test_pages_follow_each_other(house: House, films: dict[str, VideoFingerprint]) -> None:
    await judged(
        house, {f"other-{number:02}": films["other"] for number in range(FILMS)} | {"original": films["original"]}
    )
    await house.add("films", print_of(films["original"]))
    (told,) = await house.work()
    assert (told["looked"], told["found"]) == (FILMS + 1, 1)
    assert await house.waiting() == ["original"]


async def test_a_withdrawn_entry_brings_back_what_it_rejected(house: House, films: dict[str, VideoFingerprint]) -> None:
    (entry,) = await house.bank("films", BankKind.VIDEO, print_of(films["original"]))
    await house.film("copy", films["original"])
    assert await house.status("copy") is not APPROVED
    await house.banks.withdraw("films", entry)
    await house.work()
    assert await house.waiting() == ["copy"]


async def test_prints_are_kept_only_while_a_bank_of_films_is_in_use_and_go_with_the_item(
    house: House, films: dict[str, VideoFingerprint]
) -> None:
    await house.film("before", films["other"])
    await judged(house, films)
    async with house.store.read() as unit:
        kept = await unit.kept_matches.films(0, 10)
    assert [VideoFingerprint.from_bytes(one).to_bytes() for _, _, one in kept] == [one for _, _, one in kept]
    assert len(kept) == len(films)
    async with house.store.write() as unit:
        await unit.erasures.erase_user("ann", house.clock.now())
    async with house.store.read() as unit:
        assert await unit.kept_matches.films(0, 10) == []


async def test_what_is_too_long_to_be_compared_is_counted(house: House, films: dict[str, VideoFingerprint]) -> None:
    hours = long_one(6_000)
    await house.bank("films", BankKind.VIDEO)
    await house.film("long", hours)
    await house.film("first", films["original"])
    await house.add("films", print_of(hours), print_of(films["original"]))
    (told,) = await house.work()
    assert (told["looked"], told["found"], told["undecided"]) == (2, 1, 1)


async def test_a_print_beyond_the_bound_is_not_kept(house: House) -> None:
    await house.bank("films", BankKind.VIDEO)
    await house.film("long", long_one(40_000))
    async with house.store.read() as unit:
        assert await unit.kept_matches.films(0, 10) == []


def long_one(frames: int) -> VideoFingerprint:
    """A film of pictures without likeness, one a second, and without sound."""
    random = np.random.default_rng(3)
    return VideoFingerprint(
        seconds=float(frames),
        sound_seconds=0.0,
        numbers=np.arange(frames),
        times=np.arange(frames, dtype=np.float64),
        hashes=random.integers(0, 256, (frames, COUNT, HASH_BYTES), np.uint8),
        qualities=np.full((frames, COUNT), 100, np.uint8),
        pace=np.zeros(0, np.uint8),
        peaks=np.zeros(0, np.int32),
    )
