"""What the store of models from elsewhere needs from outside, and what it is to who uses them."""

from pathlib import Path
from typing import Protocol

from socialflow.catalogue.upstream.records import Installed


class FetchedFile(Protocol):
    """What an address held."""

    @property
    def path(self) -> Path: ...


class Fetch(Protocol):
    """Reads addresses that anybody may have written; what may be read from where is its business."""

    async def fetch(self, url: str, *, into: Path, max_bytes: int) -> FetchedFile:
        """Write what `url` holds, `max_bytes` at most, to a new file in the folder `into`.

        Raises:
            SocialflowError: it cannot be read, or is larger. No file stays behind.
        """
        ...


class Models(Protocol):
    """Models that others trained, by name."""

    def open(self, name: str) -> Installed:
        """A model whose files were checked.

        Raises:
            ModelNotFound: there is no such model.
            ModelUnavailable: it is not here; names the command that gets it.
            ArtefactError: it is damaged.
        """
        ...
