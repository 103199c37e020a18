"""Values of a tree as the types that are wanted, and refusals that say what would be right."""

from collections.abc import Collection, Mapping
from difflib import get_close_matches
from enum import StrEnum
from math import isfinite
from typing import TypeVar

from socialflow.moderation.policy.tree import Node

E = TypeVar("E", bound=StrEnum)
LONGEST_WORD = 128
LONGEST_TEXT = 2_000
MOST = 500
"""Entries of one list or table at most."""


def nearest(name: str, known: Collection[str]) -> str:
    """A hint at what was probably meant; empty where nothing is near.

    >>> nearest("text.thret", ["text.threat", "text.spam"])
    ' (did you mean text.threat?)'
    """
    near = get_close_matches(name, list(known), 1)
    return f" (did you mean {near[0]}?)" if near else ""


def table(node: Node) -> Mapping[str, Node]:
    """A mapping of at most 500 names."""
    if not isinstance(node.value, dict):
        raise node.refused("a mapping of names to values is wanted here")
    if len(node.value) > MOST:
        raise node.refused(f"at most {MOST} entries, not {len(node.value)}")
    return node.value


def keys(node: Node, known: Collection[str], required: Collection[str] = ()) -> Mapping[str, Node]:
    """A mapping with no other than the known keys, and all the required ones."""
    found = table(node)
    for name, value in found.items():
        if name not in known:
            raise value.refused(f"unknown key {name!r}{nearest(name, known)}; known are {', '.join(known)}")
    for name in required:
        if name not in found:
            raise node.refused(f"{name} is missing")
    return found


def listed(node: Node) -> list[Node]:
    """A list of at most 500; what is no list is a list of one."""
    if not isinstance(node.value, list):
        return [node]
    if len(node.value) > MOST:
        raise node.refused(f"at most {MOST} entries, not {len(node.value)}")
    return node.value


def word(node: Node, longest: int = LONGEST_WORD) -> str:
    """Text that is not empty."""
    if not isinstance(node.value, str):
        raise node.refused("text is wanted here; a number or true and false as text stand in quotes")
    if not node.value.strip() or len(node.value) > longest:
        raise node.refused(f"text of 1 to {longest} characters is wanted here")
    return node.value


def words(node: Node) -> tuple[str, ...]:
    """Words, sorted, each once; at least one."""
    found = sorted({word(one) for one in listed(node)})
    if not found:
        raise node.refused("the list is empty: leave the key out, or name at least one")
    return tuple(found)


def number(node: Node) -> float:
    """A finite number."""
    if isinstance(node.value, bool) or not isinstance(node.value, float) or not isfinite(node.value):
        raise node.refused("a number is wanted here")
    return node.value + 0.0


def flag(node: Node) -> bool:
    """True or false."""
    if not isinstance(node.value, bool):
        raise node.refused("true or false is wanted here")
    return node.value


def one_of(node: Node, kind: type[E]) -> E:
    """One of the words of an enumeration."""
    known = [one.value for one in kind]
    if not isinstance(node.value, str) or node.value not in known:
        raise node.refused(f"{node.value!r} is none of {', '.join(known)}{nearest(str(node.value), known)}")
    return kind(node.value)


def some_of(node: Node, kind: type[E]) -> tuple[E, ...]:
    """Some words of an enumeration in its order, each once; at least one."""
    found = {one_of(one, kind) for one in listed(node)}
    if not found:
        raise node.refused("the list is empty: leave the key out, or name at least one")
    return tuple(one for one in kind if one in found)
