"""Text of a policy as a tree of plain values that know their line. No code, no references, no types beyond JSON's."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import cast

import orjson
import yaml

from socialflow.errors import InvalidInput, TooLarge

LARGEST = 256 * 1024
"""Bytes of a policy at most."""
DEEPEST = 16
"""Levels of nesting at most."""
_NUMBER = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?")
_WORDS: Mapping[str, bool] = {"true": True, "false": False}
_UNFIT = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Node:
    """A value, where it is (`rules.2.when`), and its line from 1; 0 where the text has no lines."""

    value: "str | float | bool | list[Node] | dict[str, Node]"
    path: str
    line: int

    def refused(self, why: str) -> InvalidInput:
        """An error that says where."""
        where = f"line {self.line}: " if self.line else ""
        return InvalidInput(f"{where}{self.path + ': ' if self.path else ''}{why}", field=self.path or "policy")


def from_yaml(text: str) -> Node:
    """The tree of one YAML document.

    Plain words are text (`no` is Norwegian, not false) save `true` and `false`; numbers are as JSON writes them.

    Raises:
        InvalidInput: not YAML, an alias, an anchor, a tag, a key that stands twice, an empty value, nesting deeper
            than 16; the message has the line.
        TooLarge: more than 256 KiB.

    >>> from_yaml("a: [no, 1]").value["a"].value[0].value
    'no'
    """
    if len(text) > LARGEST or len(text.encode("utf-8", "surrogatepass")) > LARGEST:
        raise TooLarge(f"a policy has at most {LARGEST} bytes", field="policy")
    try:
        events = yaml.parse(text, Loader=yaml.SafeLoader)
        first = _document(events)
        node = _Reader(events).node(first, "", 0)
        _end(events)
    except yaml.YAMLError as error:
        raise _not_yaml(error) from error
    return node


def from_json(text: str) -> Node:
    """The tree of a stored body. Raises InvalidInput where it is not JSON."""
    try:
        return _plain(orjson.loads(text), "")
    except orjson.JSONDecodeError as error:
        raise InvalidInput(f"the stored policy is not JSON: {error}", field="policy") from error


def _plain(value: object, path: str) -> Node:
    if isinstance(value, dict):
        return Node({name: _plain(one, _under(path, name)) for name, one in value.items()}, path, 0)
    if isinstance(value, list):
        return Node([_plain(one, _under(path, str(place))) for place, one in enumerate(value)], path, 0)
    if isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if value is None:
        raise Node("", path, 0).refused("it is empty: give a value or leave the key out")
    return Node(cast("str | float | bool", value), path, 0)


def _under(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _document(events: Iterator[yaml.Event]) -> yaml.Event:
    for event in events:
        if not isinstance(event, yaml.StreamStartEvent | yaml.DocumentStartEvent):
            if isinstance(event, yaml.StreamEndEvent):
                break
            return event
    raise InvalidInput("the policy is empty", field="policy")


def _end(events: Iterator[yaml.Event]) -> None:
    for event in events:
        if not isinstance(event, yaml.DocumentEndEvent | yaml.StreamEndEvent):
            line = event.start_mark.line + 1
            raise InvalidInput(f"line {line}: a policy is one document, and here begins another", field="policy")


def _not_yaml(error: yaml.YAMLError) -> InvalidInput:
    mark = getattr(error, "problem_mark", None)
    where = f"line {mark.line + 1}: " if mark is not None else ""
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "it cannot be read"
    return InvalidInput(f"{where}this is not YAML: {problem}", field="policy")


class _Reader:
    """Builds nodes from events, so that nothing is resolved, constructed or expanded on the way."""

    def __init__(self, events: Iterator[yaml.Event]) -> None:
        self._events = events

    def node(self, event: yaml.Event, path: str, depth: int) -> Node:
        at = Node("", path, event.start_mark.line + 1)
        if isinstance(event, yaml.AliasEvent):
            raise at.refused("aliases (`*name`) are not part of the language: write it out")
        if getattr(event, "anchor", None) is not None:
            raise at.refused("anchors (`&name`) are not part of the language")
        if getattr(event, "tag", None) is not None:
            raise at.refused("tags (`!name`) are not part of the language")
        if depth > DEEPEST:
            raise at.refused(f"nested deeper than {DEEPEST} levels")
        if isinstance(event, yaml.ScalarEvent):
            return Node(_scalar(event, at), path, at.line)
        if isinstance(event, yaml.SequenceStartEvent):
            return Node(list(self._sequence(path, depth)), path, at.line)
        return Node(self._mapping(path, depth), path, at.line)

    def _sequence(self, path: str, depth: int) -> Iterator[Node]:
        place = 0
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            yield self.node(event, _under(path, str(place)), depth + 1)
            place += 1

    def _mapping(self, path: str, depth: int) -> dict[str, Node]:
        found: dict[str, Node] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self.node(event, path, depth + 1)
            if not isinstance(event, yaml.ScalarEvent):
                raise key.refused("a key is a word")
            name = event.value
            if name in found:
                raise key.refused(f"{name!r} stands twice, first on line {found[name].line}")
            found[name] = self.node(next(self._events), _under(path, name), depth + 1)
        return found


def _scalar(event: yaml.ScalarEvent, at: Node) -> str | float | bool:
    text = str(event.value)
    if unfit := _UNFIT.search(text):
        raise at.refused(f"the character U+{ord(unfit[0]):04X} is not allowed")
    if event.style is not None:
        return text
    if text in ("", "~", "null"):
        raise at.refused("it is empty: give a value or leave the key out")
    if _NUMBER.fullmatch(text):
        return float(text)
    return _WORDS.get(text, text)
