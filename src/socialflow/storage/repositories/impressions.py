"""Answers as they were given.

`body` is compact JSON::

    {"w": [texts],                    every text below is an index into this list
     "e": [[item key, anchor key, score, position, source, reason, propensity, terms, moves], ...]
                                      terms: [[name, weight, value], ...]; moves: [text, ...]
     "r": [[item key, stage, reason], ...]    removals
     "n": {reason: count},            counts of removals
     "m": [missing signals],
     "f": {name: value},              filters of the question
     "p": [[model, version, tier], ...],
     "c": [[names of the context], revision],     where a bandit chose the algorithm
     "x": [[names of signals], values]}           where there is somebody to learn of: half-precision numbers in base
                                                  64, a row an entry

Items are keys alone, so that erasing one leaves no trace of it here. Twenty entries with three terms each take about
2 KB, and 1 KB for their signals.
"""

from base64 import b64decode, b64encode
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson
from sqlalchemy import Select, insert, literal, select, tuple_

from socialflow.errors import Conflict
from socialflow.ids import ItemKey, UserKey
from socialflow.kit.answers import Provenance, Status, Tier
from socialflow.kit.clock import from_micros, to_micros
from socialflow.recommendation.exposures import Shown, as_kept
from socialflow.recommendation.records import Choice, FeedEntry, Impression, Removal, Term
from socialflow.storage.repositories.rows import findable, instant, json_text, micros
from socialflow.storage.tables import impressions, items
from socialflow.storage.transaction import Record, Transaction, Values

_BLOCK = 500
"""Answers read by one query."""
_HALF = np.dtype("<f2")


class Impressions:
    """Answers by request and by user."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    async def add(self, impression: Impression) -> None:
        """Store one answer. Raises Conflict if this request_id and page are stored already."""
        taken = select(impressions.c.page).where(
            impressions.c.request_id == impression.request_id, impressions.c.page == impression.page
        )
        if await self._tx.row(taken) is not None:
            raise Conflict("this page of this request was answered before", field="request_id")
        await self.add_many([impression])

    async def add_many(self, answers: Sequence[Impression]) -> None:
        """Store first pages under new request ids, all or none."""
        if answers:
            await self._tx.run(insert(impressions), [_row(answer) for answer in answers])

    async def pages(self, request_id: str) -> Sequence[Impression]:
        """All stored pages of a request, in page order; empty if there is none."""
        query = select(impressions).where(self._tx.among(impressions.c.request_id, findable([request_id])))
        return await self._read(query.order_by(impressions.c.page))

    async def exposures(self, until: datetime) -> AsyncIterator[Sequence[Shown]]:
        """What was shown to people up to an instant, as far as its signals were kept, the newest first, in blocks."""
        table, below = impressions.c, None
        while True:
            query = select(table.request_id, table.page, table.user_key, table.at, table.body)
            query = query.where(table.user_key.is_not(None), table.at <= to_micros(until))
            if below is not None:
                query = query.where(tuple_(table.request_id, table.page) < tuple_(*map(literal, below)))
            rows = await self._tx.rows(query.order_by(table.request_id.desc(), table.page.desc()).limit(_BLOCK))
            if not rows:
                return
            yield [one for row in rows if (one := _shown(row)) is not None]
            below = (rows[-1].request_id, rows[-1].page)

    async def _read(self, query: Select[Any]) -> Sequence[Impression]:
        """Answers with the ids their items have now; an erased item's is empty."""
        rows = await self._tx.rows(query)
        shown = {entry[0] for row in rows for entry in orjson.loads(row.body)["e"]}
        known = select(items.c.key, items.c.id).where(self._tx.among(items.c.key, sorted(shown)))
        ids = {row.key: row.id for row in await self._tx.rows(known)} if shown else {}
        return [_impression(row, ids) for row in rows]


def _row(impression: Impression) -> Values:
    choice = impression.choice
    return {
        "request_id": impression.request_id,
        "page": impression.page,
        "page_size": impression.page_size,
        "user_key": impression.user,
        "surface": impression.surface,
        "algorithm": impression.algorithm,
        "query_digest": impression.query_digest,
        "at": to_micros(impression.at),
        "status": impression.status.value,
        "body": _body(impression),
        "arm": None if choice is None else choice.arm,
        "propensities": None if choice is None else json_text(dict(choice.propensities), "impression"),
        "rewarded_until": micros(impression.rewarded_until),
    }


class _Words(dict[str, int]):
    """Numbers of texts, each kept once."""

    def __missing__(self, word: str) -> int:
        self[word] = len(self)
        return len(self) - 1


def _body(impression: Impression) -> str:
    words = _Words()
    entries = [
        [
            entry.item,
            entry.anchor,
            entry.score,
            entry.position,
            words[entry.source],
            words[entry.reason],
            entry.propensity,
            [[words[term.name], term.weight, term.value] for term in entry.terms],
            [words[move] for move in entry.moves],
        ]
        for entry in impression.entries
    ]
    removed = [[removal.item, words[removal.stage], words[removal.reason]] for removal in impression.removed]
    body = {
        "w": list(words),
        "e": entries,
        "r": removed,
        "n": dict(impression.removed_counts),
        "m": impression.missing,
        "f": dict(impression.filters),
        "p": [_told(made) for made in impression.provenance],
    }
    if impression.signals:
        values = np.array([entry.signals for entry in impression.entries], _HALF)
        body["x"] = [[words[name] for name in impression.signals], b64encode(values.tobytes()).decode()]
        body["w"] = list(words)
    if impression.choice is not None:
        body["c"] = [impression.choice.context, impression.choice.revision]
    return json_text(body, "impression")


def _signals(body: Mapping[str, Any]) -> tuple[tuple[str, ...], npt.NDArray[np.float32]]:
    """Names of the signals and their values, a row an entry; nothing where they were not kept."""
    names, values = body.get("x", ((), ""))
    width, numbers = len(names), np.frombuffer(b64decode(values), _HALF).astype(np.float32)
    return tuple(body["w"][name] for name in names), numbers.reshape(len(body["e"]) if width else 0, width)


def _shown(row: Record) -> Shown | None:
    body = orjson.loads(row.body)
    names, values = _signals(body)
    if not names:
        return None
    items, places = [entry[0] for entry in body["e"]], [entry[3] - 1 for entry in body["e"]]
    return Shown(row.request_id, UserKey(row.user_key), from_micros(row.at), items, places, names, values)


def _told(made: Provenance) -> list[object]:
    until = [] if made.updated_at is None else [to_micros(made.updated_at)]
    return [made.model, made.version, made.tier.value, *until]


def _made_by(model: str, version: str, tier: str, updated_at: int | None = None) -> Provenance:
    updated = None if updated_at is None else from_micros(updated_at)
    return Provenance(model, version, Tier(tier), updated_at=updated)


def _impression(row: Record, ids: Mapping[int, str]) -> Impression:
    body = orjson.loads(row.body)
    word = body["w"]
    names, values = _signals(body)
    seen = as_kept(values) if names else [()] * len(body["e"])
    entries = tuple(
        FeedEntry(
            item=ItemKey(item),
            item_id=ids.get(item, ""),
            anchor=None if anchor is None else ItemKey(anchor),
            score=score,
            position=position,
            source=word[source],
            reason=word[reason],
            propensity=propensity,
            terms=tuple(Term(word[name], weight, value) for name, weight, value in terms),
            moves=tuple(word[move] for move in moves),
            signals=signals,
        )
        for (item, anchor, score, position, source, reason, propensity, terms, moves), signals in zip(
            body["e"], seen, strict=True
        )
    )
    return Impression(
        request_id=row.request_id,
        page=row.page,
        page_size=row.page_size,
        user=None if row.user_key is None else UserKey(row.user_key),
        surface=row.surface,
        algorithm=row.algorithm,
        query_digest=row.query_digest,
        at=from_micros(row.at),
        entries=entries,
        status=Status(row.status),
        missing=tuple(body["m"]),
        provenance=tuple(_made_by(*told) for told in body["p"]),
        removed=tuple(Removal(ItemKey(item), word[stage], word[reason]) for item, stage, reason in body["r"]),
        removed_counts=body["n"],
        filters=body["f"],
        signals=names,
        choice=None if row.arm is None else _choice(row, *body["c"]),
        rewarded_until=instant(row.rewarded_until),
        reward=row.reward,
    )


def _choice(row: Record, context: list[str], revision: int) -> Choice:
    return Choice(row.arm, tuple(context), orjson.loads(row.propensities), revision)
