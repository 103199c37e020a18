"""What of something new is in the banks."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import structlog

from socialflow.image.descriptors import matches as pictures_match
from socialflow.image.pdq import LOW_QUALITY
from socialflow.image.records import ImageFingerprint
from socialflow.inference.lane import Lane
from socialflow.kit.clock import Clock, to_micros
from socialflow.moderation.banks.breaker import REMEMBERED, Counts, allowed, hour_of
from socialflow.moderation.banks.films import Common, compared, heard
from socialflow.moderation.banks.following import Following
from socialflow.moderation.banks.index import KnownFilms, KnownPictures, KnownTexts
from socialflow.moderation.banks.judging import matched
from socialflow.moderation.banks.kept import TELLING, Change
from socialflow.moderation.banks.pictures import EDITED, Asked, PictureQuery
from socialflow.moderation.banks.ports import BankStore, BankUnit, Watch
from socialflow.moderation.banks.records import (
    Alarm,
    Bank,
    BankKind,
    Entry,
    Looked,
    Match,
    Near,
    Purpose,
)
from socialflow.moderation.banks.texts import print_of
from socialflow.video.prints import VideoFingerprint

_log = structlog.get_logger("socialflow.moderation.banks")
WAITING, FILMS_WAITING = 64, 16
"""Questions that wait for their turn at most: of pictures and texts, of films."""


class Matching:
    """Answers what is in the banks. What any process stored before a question, its answer knows.

    Args:
        store: the banks.
        clock: tells the hour in which matches are counted.
        watch: hears of what changed.
    """

    def __init__(self, store: BankStore, clock: Clock, watch: Watch | None = None) -> None:
        self._store, self._clock, self._watch = store, clock, watch
        self._lane = Lane("hash_banks", capacity=WAITING)
        self._films_lane = Lane("hash_films", capacity=FILMS_WAITING)
        self._pictures = Following(store, BankKind.PICTURE, KnownPictures, self._lane)
        self._texts = Following(store, BankKind.TEXT, KnownTexts, self._lane)
        self._films: Mapping[BankKind, Following[KnownFilms]] = {
            kind: Following(store, kind, KnownFilms, self._films_lane) for kind in (BankKind.VIDEO, BankKind.AUDIO)
        }
        self._pruned = 0

    async def close(self) -> None:
        """Finish what is being worked out."""
        await self._lane.close()
        await self._films_lane.close()

    async def version(self) -> int:
        """The version of the last change of the banks: what is asked from now on is asked of it, or of a later one."""
        async with self._store.read() as unit:
            return await unit.hash_banks.version()

    async def match_picture(self, picture: PictureQuery, *, record: bool = True) -> Looked:
        """Entries that a picture is like, turned and mirrored or not; with a print of our own also those that were made
        of such prints and of which it is a part, or that it is a part of.

        `record`: count the matches, by which what matches far more than usual is held.

        Raises InvalidInput, Overloaded, StoreUnavailable, and ModelUnavailable for large pixels without OpenCV.
        """
        known, banks = await self._pictures.now()
        asked = await self._lane.run(Asked, picture)
        banks = {key: bank for key, bank in banks.items() if asked.quality >= bank.thresholds.quality}
        missing = ("picture:quality",) if asked.quality < LOW_QUALITY else ()
        found = await self._lane.run(known.search, asked, banks)
        near = [*found.near]
        if asked.fingerprint is not None and found.edited:
            near += await self._edited(asked.fingerprint, found.edited)
        return await self._told(BankKind.PICTURE, near, record, missing, more=found.more)

    async def match_text(self, text: str, *, record: bool = True) -> Looked:
        """Entries that a text nearly is. Raises Overloaded, StoreUnavailable."""
        known, banks = await self._texts.now()
        asked = await self._lane.run(print_of, text)
        if asked is None or asked.payload is None:
            return Looked(missing=("text:short",))
        found = await self._lane.run(known.search, asked.payload, banks)
        return await self._told(BankKind.TEXT, found.near, record, more=found.more)

    async def match_video(self, film: VideoFingerprint, *, record: bool = True) -> Looked:
        """Entries that a video shares pictures or sound with, and the stretches. Raises what `match_text` does, and
        TooLarge for films so long that it would take minutes."""
        missing = tuple(
            name for name, has in (("video:pictures", len(film.times)), ("video:sound", len(film.peaks))) if not has
        )
        return await self._film(BankKind.VIDEO, film, record, missing)

    async def match_audio(self, film: VideoFingerprint, *, record: bool = True) -> Looked:
        """Entries of banks of sounds that the sound of a video, or a sound alone, has; as `match_video`."""
        if not len(film.peaks):
            return Looked(missing=("audio:sound",))
        return await self._film(BankKind.AUDIO, heard(film), record, ())

    async def _film(self, kind: BankKind, film: VideoFingerprint, record: bool, missing: tuple[str, ...]) -> Looked:
        known, banks = await self._films[kind].now()
        keys = await self._films_lane.run(known.candidates, film, banks) if banks else []
        if not keys:
            return Looked(missing=missing)
        async with self._store.read() as unit:
            payloads, entries = await unit.hash_banks.payloads(keys), await unit.hash_banks.details(keys)
        near = []
        for key in keys:
            if key not in payloads or key not in entries or entries[key].bank_key not in banks:
                continue
            common = await self._films_lane.run(compared, film, payloads[key], entries[key].span)
            if common is not None and _long_enough(common, film, banks[entries[key].bank_key]):
                near.append(_near(entries[key], common))
        near.sort(key=lambda one: (-one.of_query, -one.score, one.key))
        return await self._told(kind, near, record, missing)

    async def _edited(self, asked: ImageFingerprint, keys: Sequence[int]) -> list[Near]:
        """Entries of which features tell that the picture is a part, or has a part."""
        async with self._store.read() as unit:
            payloads, entries = await unit.hash_banks.payloads(keys), await unit.hash_banks.details(keys)

        def decided() -> list[Near]:
            found = []
            for key, payload in payloads.items():
                match = pictures_match(asked, ImageFingerprint.from_bytes(payload))
                if match is not None and key in entries:
                    score = round(max(0.0, 1 - match.distance / 128), 4)
                    found.append(Near(key, entries[key].bank_key, score, match.distance, EDITED))
            return found

        return await self._lane.run(decided)

    async def _told(
        self, kind: BankKind, near: Sequence[Near], record: bool, missing: tuple[str, ...] = (), *, more: bool = False
    ) -> Looked:
        if not near:
            return Looked(missing=missing)
        async with self._store.read() as unit:
            banks = {bank.key: bank for bank in await unit.hash_banks.banks()}
            entries = await unit.hash_banks.details([one.key for one in near])
        found = matched(near, entries, banks, kind)
        counted = _counting(found, entries)
        if record and counted:
            found = await self._counted(found, counted, banks)
        return Looked(tuple(found), missing, more)

    async def _counted(
        self, found: Sequence[Match], counted: Mapping[int, int], banks: Mapping[int, Bank]
    ) -> list[Match]:
        """Count matches, and hold what matched far more than usual: with this one it does not act already."""
        hour, passed = hour_of(to_micros(self._clock.now()))
        async with self._store.write() as unit:
            await unit.hash_hits.count(counted, hour)
            alarms = await self._alarms(unit, found, counted, banks, (hour, passed))
            if hour > self._pruned:
                await unit.hash_hits.prune(hour - REMEMBERED - 1)
        self._pruned = hour
        for alarm in alarms:
            self._warn(alarm)
        held = {(alarm.bank, alarm.entry) for alarm in alarms}
        return [replace(one, held=True) if {(one.bank, one.entry), (one.bank, None)} & held else one for one in found]

    async def _alarms(
        self,
        unit: BankUnit,
        found: Sequence[Match],
        counted: Mapping[int, int],
        banks: Mapping[int, Bank],
        now: tuple[int, float],
    ) -> list[Alarm]:
        hour, passed = now
        entry_counts = await unit.hash_hits.entry_counts(counted.keys(), hour)
        bank_counts = await unit.hash_hits.bank_counts(set(counted.values()), hour)
        standing = {one.entry for one in found if one.held}
        alarms = []
        before = await unit.hash_banks.version()
        for key, bank_key in counted.items():
            bank = banks[bank_key]
            too_many = _too_many(entry_counts.get(key), passed, bank.thresholds.flood_entry, bank)
            if too_many is not None and key not in standing:
                await unit.hash_banks.hold(key, self._clock.now())
                await self._tell(unit, bank, before)
                alarms.append(Alarm(bank.id, key, *too_many))
        for bank_key in set(counted.values()):
            bank = banks[bank_key]
            too_many = _too_many(bank_counts.get(bank_key), passed, bank.thresholds.flood_bank, bank)
            if too_many is not None and not bank.held:
                await unit.hash_banks.change(bank.id, held_at=self._clock.now())
                await self._tell(unit, bank)
                alarms.append(Alarm(bank.id, None, *too_many))
        return alarms

    @staticmethod
    def _warn(alarm: Alarm) -> None:
        _log.warning("hash_bank_held", bank=alarm.bank, entry=alarm.entry, matches=alarm.matches, allowed=alarm.allowed)

    async def _tell(self, unit: BankUnit, bank: Bank, since: int | None = None) -> None:
        """Something changed in a bank since a version, or (None) the bank itself did."""
        if self._watch is not None and bank.purpose in TELLING:
            change = Change(bank.kind, bank=bank.id) if since is None else Change(bank.kind, since)
            await self._watch.changed(unit, change)


def _counting(found: Sequence[Match], entries: Mapping[int, Entry]) -> dict[int, int]:
    """Entries that a question counts for, and their banks: one a bank, so that many entries of one thing count once;
    the nearest that is not held, so that the next ones are held in their turn."""
    chosen: dict[int, Match] = {}
    for one in found:
        if one.purpose is not Purpose.NEGATIVE and one.suppressed_by is None:
            bank = entries[one.entry].bank_key
            if bank not in chosen or (chosen[bank].held and not one.held):
                chosen[bank] = one
    return {one.entry: bank for bank, one in chosen.items()}


def _too_many(counts: Counts | None, passed: float, floor: int, bank: Bank) -> tuple[float, float] | None:
    """Matches of the last hour and what was allowed, where it is more."""
    if counts is None:
        return None
    lately, most = counts.lately(passed), allowed(counts, floor, bank.thresholds.flood_factor)
    return (round(lately, 2), most) if lately > most else None


def _long_enough(common: Common, film: VideoFingerprint, bank: Bank) -> bool:
    """Whether as many seconds match as the bank wants, or nearly all of a film that has fewer."""
    length = max(film.seconds, film.sound_seconds)
    return common.seconds >= min(bank.thresholds.seconds, 0.9 * length)


def _near(entry: Entry, common: Common) -> Near:
    return Near(
        entry.id,
        entry.bank_key,
        common.confidence,
        spans=common.spans,
        of_query=common.of_query,
        of_reference=common.of_reference,
    )
