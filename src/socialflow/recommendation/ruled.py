"""Which items a rule is about, over the columns of the corpus."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from socialflow.recommendation.context import Context, Keys, Mask, among
from socialflow.recommendation.corpus import KINDS, NONE
from socialflow.recommendation.rules import Match, Rule

HOUR = 3600.0


def label(rule: Rule) -> str:
    """How explanations call a rule."""
    return f"rule {rule.name}"


def matching(ctx: Context, rule: Rule, keys: Keys) -> Mask:
    """Which of the items `keys` (n,) the rule is about."""
    corpus, match = ctx.world.corpus, rule.match
    hits = np.ones(len(keys), np.bool_)
    for values, wanted in _coded(ctx, match, keys):
        hits &= among(values, [code for code in wanted if code >= 0])
    if match.tag:
        hits &= corpus.tag_sets.holding(corpus.tags[keys], match.tag)
    if match.moderation_flag:
        hits &= corpus.flag_sets.holding(corpus.flags[keys], match.moderation_flag)
    if match.is_promoted is not None:
        hits &= corpus.promoted[keys] == match.is_promoted
    if match.min_age_hours is not None:
        hits &= ctx.age(keys) >= match.min_age_hours * HOUR
    if match.max_age_hours is not None:
        hits &= ctx.age(keys) < match.max_age_hours * HOUR
    return hits


def _coded(ctx: Context, match: Match, keys: Keys) -> Iterator[tuple[npt.NDArray[np.integer[Any]], list[int]]]:
    """For every criterion over codes that is given: those of the items (n,), and those wanted."""
    corpus, book = ctx.world.corpus, ctx.world.rules
    for names, column, words in (
        (match.category, corpus.category, corpus.categories),
        (match.project_code, corpus.project, corpus.projects),
        (match.community, corpus.community, corpus.communities),
        (match.language, corpus.language, corpus.languages),
    ):
        if names:
            yield column[keys], [words.code(name) for name in names]
    if match.kind:
        yield corpus.kind[keys], [KINDS.index(kind) for kind in match.kind]
    if match.item:
        yield keys, corpus.keys(match.item).tolist()
    if match.channel:
        yield corpus.channel[keys], [book.channels.get(name, NONE) for name in match.channel]
    if match.author:
        yield corpus.maker(keys), [book.users.get(name, NONE) for name in match.author]
