"""Hash banks: what is known, and what of something new is in them."""

import asyncio
from collections.abc import AsyncIterable
from typing import Annotated, TypeAlias

import numpy as np
from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from socialflow.access.matrix import Action, authorise
from socialflow.doors.rest.deps import Call, CallDep, GuardedRoute
from socialflow.doors.rest.errors import documented
from socialflow.doors.rest.media import FILE
from socialflow.doors.rest.replies import Reply
from socialflow.doors.rest.schemas.common import NO_NUL
from socialflow.doors.rest.schemas.hash_banks import (
    AddedOut,
    BankChange,
    BankCountedOut,
    BankIn,
    BankOut,
    BanksOut,
    BulkIn,
    BulkOut,
    EntriesOut,
    EntryIn,
    EntryOut,
    ImportedOut,
    LookedOut,
    MatchIn,
    OpinionIn,
    ThingIn,
    bank_out,
    bulk_out,
    counted_out,
    entry_out,
    imported_out,
    looked_out,
)
from socialflow.errors import InvalidInput, TooLarge
from socialflow.ids import MAX_INT
from socialflow.image.pdq import Pdq, parse
from socialflow.image.similar import ImageVector
from socialflow.moderation.banks import films, pictures, texts
from socialflow.moderation.banks.exchange import Format
from socialflow.moderation.banks.records import BankKind, EntryState, Looked, Many, NewEntry, Print
from socialflow.moderation.banks.service import MOST_EXPORTED
from socialflow.video.fingerprints import unpacked
from socialflow.video.prints import VideoFingerprint

router = APIRouter(
    prefix="/api/v1/moderation/hash-banks",
    tags=["Hash banks"],
    route_class=GuardedRoute,
    responses=documented(401, 403, 422, 429, 503),
)
MAX_LIST_BYTES = 256 << 20
_LIST = {
    "requestBody": {
        "required": True,
        "content": {
            "text/csv": {"schema": {"type": "string"}, "example": "hash,quality\n"},
            "application/json": {"schema": {}, "example": {"data": []}},
        },
    }
}
_WRITTEN: dict[int | str, dict[str, object]] = {
    200: {
        "description": "The list; `X-Next-After` tells where the next page begins.",
        "content": {"text/csv": {"schema": {"type": "string"}}, "application/json": {"schema": {}}},
    }
}
BankId: TypeAlias = Annotated[
    str, Path(min_length=1, max_length=128, pattern=NO_NUL, description="Of the bank.", examples=["studio-films"])
]
EntryId: TypeAlias = Annotated[int, Path(ge=1, le=MAX_INT, description="Of the entry.", examples=[42])]
After: TypeAlias = Annotated[
    int, Query(ge=0, le=MAX_INT, description="Id of the last entry of the page before.", examples=[0])
]
Written: TypeAlias = Annotated[Format, Query(alias="format", description="How the list is written.", examples=["csv"])]


@router.get("", response_model=BanksOut, summary="List hash banks")
async def list_banks(call: CallDep) -> Reply:
    """All banks, active or not, their entries not counted."""
    authorise(call.principal, Action.HASH_BANK_READ)
    return Reply({"banks": [bank_out(bank) for bank in await call.platform.banks.list()]})


@router.post("", response_model=BankOut, status_code=201, responses=documented(409), summary="Make a hash bank")
async def create_bank(body: BankIn, call: CallDep) -> Reply:
    """One kind and one purpose, which stay; `negative` is for what is known to be harmless."""
    authorise(call.principal, Action.HASH_BANK_WRITE)
    made = await call.platform.banks.create(
        body.name,
        body.kind,
        body.purpose,
        owner=body.owner,
        thresholds=body.thresholds.thresholds(),
        bank_id=body.id,
    )
    return Reply(bank_out(made), status_code=201)


@router.post("/match", response_model=LookedOut, responses=documented(502), summary="What is in the hash banks")
async def match(body: MatchIn, call: CallDep) -> Reply:
    """Entries of all active banks that a picture, text, video or sound is like; of videos, banks of sounds too."""
    authorise(call.principal, Action.HASH_BANK_READ)
    banks, record = call.platform.banks, body.record
    thing = await _thing(body, call)
    if isinstance(thing, str):
        return Reply(looked_out({BankKind.TEXT: await banks.match_text(thing, record=record)}))
    if isinstance(thing, Pdq):
        return Reply(looked_out({BankKind.PICTURE: await banks.match_picture(thing, record=record)}))
    looked: dict[BankKind, Looked] = {BankKind.VIDEO: await banks.match_video(thing, record=record)}
    if len(thing.peaks):
        looked[BankKind.AUDIO] = await banks.match_audio(thing, record=record)
    return Reply(looked_out(looked))


@router.post(
    "/match/upload",
    response_model=LookedOut,
    summary="Whether a picture that is sent is in the hash banks",
    openapi_extra=dict(FILE),
)
async def match_sent(
    request: Request,
    call: CallDep,
    record: Annotated[bool, Query(description="Count the matches.", examples=[False])] = False,
) -> Reply:
    """As `match`, with the picture itself as the body."""
    authorise(call.principal, Action.HASH_BANK_READ)
    report = await call.platform.image.analyse_sent(request.stream(), ["vector"])
    hashed = ImageVector.of(report.analyses["vector"].answer).pdq
    return Reply(looked_out({BankKind.PICTURE: await call.platform.banks.match_picture(hashed, record=record)}))


@router.get("/{bank_id}", response_model=BankCountedOut, responses=documented(404), summary="A hash bank")
async def read_bank(bank_id: BankId, call: CallDep) -> Reply:
    """With its entries counted."""
    authorise(call.principal, Action.HASH_BANK_READ)
    return Reply(counted_out(await call.platform.banks.read(bank_id)))


@router.put("/{bank_id}", response_model=BankOut, responses=documented(404), summary="Change a hash bank")
async def change_bank(bank_id: BankId, body: BankChange, call: CallDep) -> Reply:
    """Activate it again, or give it other thresholds; the next match of any process obeys."""
    authorise(call.principal, Action.HASH_BANK_WRITE)
    thresholds = None if body.thresholds is None else body.thresholds.thresholds()
    return Reply(bank_out(await call.platform.banks.change(bank_id, active=body.active, thresholds=thresholds)))


@router.delete("/{bank_id}", response_model=BankOut, responses=documented(404), summary="Deactivate a hash bank")
async def deactivate_bank(bank_id: BankId, call: CallDep) -> Reply:
    """It matches no more; nothing of it is deleted."""
    authorise(call.principal, Action.HASH_BANK_WRITE)
    return Reply(bank_out(await call.platform.banks.change(bank_id, active=False)))


@router.post(
    "/{bank_id}/release", response_model=BankOut, responses=documented(404), summary="Let a held hash bank act again"
)
async def release_bank(bank_id: BankId, call: CallDep) -> Reply:
    """People have looked: as many matches an hour as it has now are right."""
    authorise(call.principal, Action.HASH_BANK_WRITE)
    return Reply(bank_out(await call.platform.banks.release(bank_id)))


@router.get(
    "/{bank_id}/entries", response_model=EntriesOut, responses=documented(404), summary="Entries of a hash bank"
)
async def list_entries(
    bank_id: BankId,
    call: CallDep,
    *,
    state: Annotated[EntryState | None, Query(description="Those in this state.", examples=["active"])] = None,
    held: Annotated[bool | None, Query(description="Held ones, or others.", examples=[True])] = None,
    after: After = 0,
    limit: Annotated[int, Query(ge=1, le=1_000, description="Entries a page.", examples=[100])] = 100,
) -> Reply:
    """By id, page by page."""
    authorise(call.principal, Action.HASH_BANK_READ)
    listed = await call.platform.banks.entries(bank_id, state=state, held=held, after=after, limit=limit)
    following = listed[-1].id if len(listed) == limit else None
    return Reply({"entries": [entry_out(entry) for entry in listed], "next": following})


@router.post(
    "/{bank_id}/entries", response_model=AddedOut, responses=documented(404, 502), summary="Add to a hash bank"
)
async def add_entry(bank_id: BankId, body: EntryIn, call: CallDep) -> Reply:
    """A print is stored once a bank; one that people withdrew stays withdrawn."""
    authorise(call.principal, Action.HASH_BANK_WRITE)
    kind = (await call.platform.banks.get(bank_id)).kind
    made = await _print(await _thing(body, call), kind)
    (added,) = await call.platform.banks.add(bank_id, [NewEntry(made, body.label, body.source, body.stretch())])
    return Reply({"id": added.id, "new": added.new})


@router.post(
    "/{bank_id}/entries/bulk", response_model=BulkOut, responses=documented(404), summary="Add many hashes of pictures"
)
async def add_entries(bank_id: BankId, body: BulkIn, call: CallDep) -> Reply:
    """Up to 10,000; `import` takes more."""
    authorise(call.principal, Action.HASH_BANK_WRITE)
    packed = bytes.fromhex("".join(entry.pdq for entry in body.entries))
    qualities = np.array([entry.quality for entry in body.entries], np.uint8)
    many = Many(np.frombuffer(packed, np.uint8).reshape(-1, 32), qualities, body.label, body.source)
    return Reply(bulk_out(await call.platform.banks.bulk(bank_id, many)))


@router.post(
    "/{bank_id}/entries/{entry_id}/withdraw",
    response_model=EntryOut,
    responses=documented(404),
    summary="Withdraw an entry",
)
async def withdraw(bank_id: BankId, entry_id: EntryId, call: CallDep) -> Reply:
    """It matches no more, also where a list brings it again."""
    authorise(call.principal, Action.HASH_BANK_WRITE)
    return Reply(entry_out(await call.platform.banks.withdraw(bank_id, entry_id)))


@router.post(
    "/{bank_id}/entries/{entry_id}/confirm",
    response_model=EntryOut,
    responses=documented(404),
    summary="Confirm an entry",
)
async def confirm(bank_id: BankId, entry_id: EntryId, call: CallDep) -> Reply:
    """It matches, also where it was withdrawn or held; as many matches an hour as it has now are right."""
    authorise(call.principal, Action.HASH_BANK_WRITE)
    return Reply(entry_out(await call.platform.banks.confirm(bank_id, entry_id, call.principal.account)))


@router.post(
    "/{bank_id}/entries/{entry_id}/opinion",
    response_model=EntryOut,
    responses=documented(404),
    summary="Say what an entry is worth",
)
async def opinion(bank_id: BankId, entry_id: EntryId, body: OpinionIn, call: CallDep) -> Reply:
    """Counted once a caller, by what was said last; nothing else changes."""
    authorise(call.principal, Action.HASH_BANK_WRITE)
    return Reply(entry_out(await call.platform.banks.opinion(bank_id, entry_id, call.principal.account, body.view)))


@router.post(
    "/{bank_id}/import",
    response_model=ImportedOut,
    responses=documented(404),
    summary="Take in a list",
    openapi_extra=_LIST,
)
async def import_list(
    bank_id: BankId,
    request: Request,
    call: CallDep,
    written: Written,
    *,
    label: Annotated[str, Query(max_length=512, pattern=NO_NUL, description="Of rows without.", examples=[""])] = "",
    source: Annotated[str, Query(max_length=512, pattern=NO_NUL, description="Of rows without.", examples=[""])] = "",
) -> Reply:
    """The list as the body: `csv`, a PDQ hash and its quality a line; `threatexchange`, signals as JSON."""
    authorise(call.principal, Action.HASH_BANK_WRITE)
    await call.platform.banks.get(bank_id)  # before much is read
    body = await _whole(request.stream())
    return Reply(imported_out(await call.platform.banks.import_(bank_id, body, written, label=label, source=source)))


@router.get(
    "/{bank_id}/export",
    response_class=Response,
    responses=documented(404) | _WRITTEN,
    summary="Give out a list",
)
async def export_list(
    bank_id: BankId,
    call: CallDep,
    written: Written,
    after: After = 0,
    limit: Annotated[int, Query(ge=1, le=MOST_EXPORTED, description="Entries a page.", examples=[10_000])] = 1_000,
) -> Response:
    """`csv` has entries that match; `threatexchange` also those withdrawn, as such that are to be deleted."""
    authorise(call.principal, Action.HASH_BANK_READ)
    told = await call.platform.banks.export(bank_id, written, after=after, limit=limit)
    media = "text/csv" if written is Format.CSV else "application/json"
    headers = {} if told.next is None else {"X-Next-After": str(told.next)}
    return Response(told.body, media_type=media, headers=headers)


async def _thing(body: ThingIn, call: Call) -> Pdq | str | VideoFingerprint:
    """What a body names. Raises InvalidInput unless it is one thing, and what fetching it does."""
    given = [
        name for name in ("pdq", "image_url", "text", "fingerprint", "video_url") if getattr(body, name) is not None
    ]
    if len(given) != 1:
        raise InvalidInput("give one of pdq, image_url, text, fingerprint and video_url", field="body")
    if body.text is not None:
        return body.text
    if body.pdq is not None:
        return parse(body.pdq, body.quality)
    if body.image_url is not None:
        report = await call.platform.image.analyse_url(body.image_url, ["vector"])
        return ImageVector.of(report.analyses["vector"].answer).pdq
    if body.fingerprint is not None:
        return await asyncio.to_thread(unpacked, body.fingerprint, "fingerprint")
    told = await call.platform.video.analyse_url(body.video_url or "", ("fingerprint",))
    return unpacked(told.analyses["fingerprint"].answer["fingerprint"], "video_url")


async def _print(thing: Pdq | str | VideoFingerprint, kind: BankKind) -> Print:
    """What is kept of it. Raises InvalidInput where nothing is left to compare."""
    if isinstance(thing, Pdq):
        return pictures.print_of(thing)
    if isinstance(thing, VideoFingerprint):
        return await asyncio.to_thread(films.print_of, thing, sound_only=kind is BankKind.AUDIO)
    made = await asyncio.to_thread(texts.print_of, thing)
    if made is None:
        raise InvalidInput("nothing is left of this text to compare: no letters but links and names", field="text")
    return made


async def _whole(pieces: AsyncIterable[bytes]) -> bytes:
    """Everything that is sent. Raises TooLarge as soon as it is too much."""
    body = bytearray()
    async for piece in pieces:
        body += piece
        if len(body) > MAX_LIST_BYTES:
            raise TooLarge(f"a list has {MAX_LIST_BYTES >> 20} MiB at most; send it in parts", field="body")
    return bytes(body)
