"""Rankings as bytes for a cache.

Nothing here outlives a cache entry, so the form may change with every version.
"""

import msgspec

from socialflow.recommendation.bulk import Ranked

FORM = 5


class _Kept(msgspec.Struct, frozen=True, array_like=True):
    form: int
    ranked: Ranked


_ENCODER, _DECODER = msgspec.json.Encoder(), msgspec.json.Decoder(_Kept)


def pack(ranked: Ranked) -> bytes:
    """A ranking as bytes."""
    return _ENCODER.encode(_Kept(FORM, ranked))


def unpack(value: bytes, watermark: str) -> Ranked | None:
    """The ranking in `value`; None where it was made from another watermark, or cannot be read."""
    try:
        kept = _DECODER.decode(value)
    except ValueError:  # another form, no JSON, or no UTF-8
        return None
    return kept.ranked if kept.form == FORM and kept.ranked.watermark == watermark else None
