"""A version of the rules made ready for requests: with the keys of whom it names, and which rules are in force."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from socialflow.content.records import User
from socialflow.errors import InvalidInput
from socialflow.recommendation.ports import RecommendationUnit
from socialflow.recommendation.records import FeedQuery
from socialflow.recommendation.rules import Rule, RuleSet, When, speaks


@dataclass(frozen=True, slots=True)
class Rulebook:
    """The rules of one version; `users` and `channels` give the keys of the ids in them, for those that exist."""

    version: int = 0
    rules: tuple[Rule, ...] = ()
    users: Mapping[str, int] = field(default_factory=dict)
    channels: Mapping[str, int] = field(default_factory=dict)

    def stamp(self, now: datetime) -> tuple[object, ...]:
        """What of the rules an answer of this instant may depend on."""
        current = tuple(rule.name for rule in self.rules if _current(rule.when, now))
        return (self.version, *current) if current else ()

    def in_force(self, query: FeedQuery, viewer: User | None, now: datetime) -> tuple[Rule, ...]:
        """The rules that one answer is subject to, in their order."""
        return tuple(rule for rule in self.rules if _current(rule.when, now) and _addressed(rule.when, query, viewer))


NO_RULES = Rulebook()


def _current(when: When, now: datetime) -> bool:
    return (when.starts_at is None or when.starts_at <= now) and (when.ends_at is None or now < when.ends_at)


def _addressed(when: When, query: FeedQuery, viewer: User | None) -> bool:
    locale, region = (None, None) if viewer is None else (viewer.locale, viewer.region)
    return (
        (not when.surface or query.surface in when.surface)
        and (not when.algorithm or query.algorithm in when.algorithm)
        and (not when.region or region in when.region)
        and (not when.locale or (locale is not None and any(speaks(locale, wanted) for wanted in when.locale)))
    )


async def resolve(unit: RecommendationUnit, stored: RuleSet) -> Rulebook:
    """The rulebook of a stored version."""
    authors = {author for rule in stored.rules for author in rule.match.author}
    channels = {channel for rule in stored.rules for channel in rule.match.channel}
    users = await unit.users.keys(authors) if authors else {}
    return Rulebook(stored.version, stored.rules, users, await unit.channels.keys(channels) if channels else {})


async def check_names(unit: RecommendationUnit, stored: RuleSet) -> None:
    """Refuse rules about authors, channels or items that do not exist. Raises InvalidInput, naming the field."""
    book = await resolve(unit, stored)
    items = await unit.items.keys({item for rule in stored.rules for item in rule.match.item})
    for place, rule in enumerate(stored.rules):
        for name, known in (("author", book.users), ("channel", book.channels), ("item", items)):
            for wanted in getattr(rule.match, name):
                if wanted not in known:
                    where = f"rules.{place}.match.{name}"
                    raise InvalidInput(f"{where}: there is no {name} with the id {wanted!r}", field=where)
