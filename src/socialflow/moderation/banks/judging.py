"""From entries that are near to matches: whose they are, and which of them known harmless things explain."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from socialflow.moderation.banks.records import Bank, BankKind, Entry, EntryState, Match, Near, Purpose
from socialflow.video.spans import covered

_EXPLAINED = 0.9
"""Share of the seconds of a match that a harmless film has to explain."""


def matched(
    near: Iterable[Near], entries: Mapping[int, Entry], banks: Mapping[int, Bank], kind: BankKind
) -> list[Match]:
    """Matches of entries that are there, match, and whose bank is active, in the order of `near`."""
    found = [
        _match(one, entry, bank)
        for one in near
        if (entry := entries.get(one.key)) is not None
        and entry.state is EntryState.ACTIVE
        and (bank := banks.get(entry.bank_key)) is not None
        and bank.active
    ]
    harmless = [one for one in found if one.purpose is Purpose.NEGATIVE]
    return [_explained(one, harmless, kind) for one in found]


def _match(near: Near, entry: Entry, bank: Bank) -> Match:
    return Match(
        bank=bank.id,
        purpose=bank.purpose,
        owner=bank.owner,
        entry=entry.id,
        label=entry.label,
        source=entry.source,
        score=near.score,
        distance=near.distance,
        how=near.how,
        spans=near.spans,
        of_query=near.of_query,
        of_reference=near.of_reference,
        opinions=entry.opinions,
        held=entry.held or bank.held,
    )


def _explained(match: Match, harmless: Sequence[Match], kind: BankKind) -> Match:
    """A match, suppressed by the first harmless entry that is as near: what is nearer to something bad than to
    anything harmless is not harmless."""
    if match.purpose is Purpose.NEGATIVE:
        return match
    by = next((one.entry for one in harmless if _explains(one, match, kind)), None)
    return match if by is None else replace(match, suppressed_by=by)


def _explains(harmless: Match, match: Match, kind: BankKind) -> bool:
    if kind in {BankKind.VIDEO, BankKind.AUDIO}:
        mine = [(one.start, one.end) for one in match.spans]
        theirs = [(one.start, one.end) for one in harmless.spans]
        both = covered(mine) + covered(theirs) - covered([*mine, *theirs])
        return both >= _EXPLAINED * covered(mine)
    return harmless.score >= match.score
