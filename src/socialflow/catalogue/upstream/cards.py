"""The cards, read from their files when they are first asked for."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json, to_json

from socialflow.catalogue.records import check_name
from socialflow.catalogue.upstream.records import UpstreamModel
from socialflow.errors import ArtefactError, ModelNotFound

CARDS = Path(__file__).with_name("cards")


class Cards:
    """The cards of a folder, one `<name>.toml` each."""

    def __init__(self, folder: Path = CARDS) -> None:
        self._folder = folder
        self._read: dict[str, UpstreamModel] = {}

    def names(self) -> tuple[str, ...]:
        """Names of all models, in order; no card is read."""
        return tuple(sorted(path.stem for path in self._folder.glob("*.toml")))

    def __contains__(self, name: object) -> bool:
        return name in self.names()

    def card(self, name: str) -> UpstreamModel:
        """The card of a model. Raises ModelNotFound, InvalidInput for what is no name, ArtefactError for a bad card."""
        found = self._read.get(check_name(name))
        if found is None:
            path = self._folder / f"{name}.toml"
            if not path.is_file():
                raise ModelNotFound(f"there is no model {name} in the catalogue; models: {', '.join(self.names())}")
            found = self._read[name] = read_card(path.read_text(encoding="utf-8"), name, where=str(path))
        return found


def read_card(text: str, name: str, *, where: str) -> UpstreamModel:
    """The card that a TOML text holds; its name is that of its file.

    Raises:
        ArtefactError: no TOML, an unknown key, a value of the wrong type, an unsafe path, or another name.
    """
    try:
        document = tomllib.loads(text)
        card = _adapter().validate_json(to_json({"name": name, **document}), strict=True)
    except tomllib.TOMLDecodeError as error:
        raise ArtefactError(f"{where} is not TOML: {error}") from error
    except ValidationError as error:
        problem = error.errors()[0]
        place = ".".join(map(str, problem["loc"]))
        raise ArtefactError(f"{where} is not a card: {place}: {problem['msg']}") from error
    if card.name != name:
        raise ArtefactError(f"{where} calls itself {card.name}")
    return card


def card_of(document: Mapping[str, object]) -> UpstreamModel:
    """Inverse of `described`. Raises ValueError for what is no card."""
    return _adapter().validate_json(to_json(document), strict=True)


def described(card: UpstreamModel) -> dict[str, object]:
    """The card as plain JSON."""
    document: dict[str, object] = from_json(_adapter().dump_json(card))
    return document


@cache
def _adapter() -> TypeAdapter[UpstreamModel]:
    return TypeAdapter(UpstreamModel)
