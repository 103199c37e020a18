"""What an item's own facts keep it out of."""

from collections.abc import Mapping

import numpy as np

from socialflow.recommendation.context import Context, Keys, Mask
from socialflow.recommendation.corpus import ABSENT, KINDS, STATUSES, VISIBLE, Vocabulary


class Visibility:
    """Fail-closed: only items whose *stored* moderation decision is approved or flagged, and that are not hidden.

    An item without a stored decision, with an unknown one, or erased, is kept back like a rejected one.
    """

    name = "visibility"

    def removed(self, ctx: Context, keys: Keys) -> Mapping[str, Mask]:
        """Items that nobody but their author may see."""
        corpus = ctx.world.corpus
        if corpus.shows(keys).all():
            return {}
        status = corpus.status[keys]
        removed: dict[str, Mask] = {"no such item": status == ABSENT, "hidden": corpus.hidden[keys]}
        for code, decision in enumerate(STATUSES):
            if decision not in VISIBLE:
                removed[f"moderation: {decision.value}"] = status == code
        removed["moderation: unknown"] = ~np.isin(status, [STATUSES.index(decision) for decision in VISIBLE])
        return removed


class Kind:
    """Items of another kind than asked for; comments unless they are asked for."""

    name = "kind"

    def removed(self, ctx: Context, keys: Keys) -> Mapping[str, Mask]:
        """Items whose kind is not among the wanted ones."""
        wanted = Context.member(ctx.kinds, len(KINDS))
        return {"another kind": ~wanted[ctx.world.corpus.kind[keys]]}


class Topic:
    """Items of another category, project or mood than asked for."""

    name = "topic"

    def removed(self, ctx: Context, keys: Keys) -> Mapping[str, Mask]:
        """Items that the question's category, project_code or mood leaves out."""
        corpus, query = ctx.world.corpus, ctx.query
        return {
            **_other("category", query.category, corpus.categories, corpus.category[keys]),
            **_other("project", query.project_code, corpus.projects, corpus.project[keys]),
            **_other("mood", query.mood, corpus.moods, corpus.mood[keys]),
        }


def _other(name: str, word: str | None, words: Vocabulary, codes: np.ndarray) -> dict[str, Mask]:
    if word is None:
        return {}
    wanted = words.code(word)
    return {f"another {name}": (codes != wanted) | (codes < 0)}
