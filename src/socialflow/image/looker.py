"""The protocol of those who look at a picture."""

from abc import ABC, abstractmethod
from typing import ClassVar

from socialflow.image.records import Picture
from socialflow.kit.findings import Finding


class Looker(ABC):
    """Answers one question about pictures."""

    name: ClassVar[str]

    @abstractmethod
    def look(self, picture: Picture) -> Finding:
        """What is found; the picture is not to be written to."""
