"""Items whose words are to be analysed, and how far that is."""

from dataclasses import dataclass
from datetime import datetime

from socialflow.ids import ItemKey


@dataclass(frozen=True, slots=True)
class Words:
    """The words of an item that are to be analysed; `digest` stands for them when the findings are stored."""

    key: ItemKey
    digest: str
    title: str
    description: str
    text: str


@dataclass(frozen=True, slots=True)
class AnalysisCounts:
    """How far analysis is: items with findings, items whose words wait, and when the last findings were made."""

    analysed: int
    due: int
    last_at: datetime | None
