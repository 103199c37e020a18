"""Requests that are answered one after the other: what models make of a history, they make of all of theirs at once."""

from dataclasses import dataclass, field

from socialflow.recommendation.interactions import Histories
from socialflow.recommendation.query import Query
from socialflow.recommendation.shelf import Loaded


@dataclass(frozen=True, slots=True)
class Together:
    """The `histories` of some requests, a row each, that are about to be put to the same models."""

    histories: Histories
    _queries: dict[str, Query] = field(default_factory=dict, init=False, repr=False)

    def put_to(self, loaded: Loaded, row: int) -> Query:
        """One row of them, put to a model together with all others when the first is."""
        name = loaded.provenance.model
        if name not in self._queries:
            self._queries[name] = loaded.model.query(self.histories)
        return self._queries[name].row(row)
