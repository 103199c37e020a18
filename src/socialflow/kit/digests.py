"""Digests used as identities: SHA-256 for files, BLAKE2b-128 for keys that only need to be distinct."""

import hashlib
import hmac
from pathlib import Path

_BLOCK = 1 << 20


def file_digest(path: Path) -> str:
    """SHA-256 of a file, lower-case hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def short_digest(*parts: str) -> bytes:
    """Sixteen bytes that stand for a tuple of texts (BLAKE2b-128, parts length-prefixed)."""
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        raw = part.encode("utf-8", "surrogatepass")
        digest.update(len(raw).to_bytes(8, "little"))
        digest.update(raw)
    return digest.digest()


def keyed_digest(key: bytes, text: str) -> bytes:
    """HMAC-SHA-256: recognises a text again without keeping it, only for who holds the key."""
    return hmac.new(key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).digest()
