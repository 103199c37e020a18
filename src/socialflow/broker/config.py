"""Where messages to workers go."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class BrokerSettings:
    """Where messages go. `url` None: files in `folder`, for the processes of one machine."""

    folder: Path
    url: str | None = None
    result_backend: str | None = None
