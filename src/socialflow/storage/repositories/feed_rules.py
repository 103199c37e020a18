"""Versions of the rules of the feed."""

from collections.abc import Sequence
from dataclasses import replace

import orjson
from sqlalchemy import insert, select, true, update

from socialflow.content.log import ChangeKind
from socialflow.errors import NotFound
from socialflow.kit.clock import from_micros, to_micros
from socialflow.recommendation.rules import Rule, RuleSet, from_data, to_data
from socialflow.storage.repositories.changes import announce
from socialflow.storage.repositories.rows import json_text
from socialflow.storage.repositories.versions import next_version, switch
from socialflow.storage.tables import feed_rules
from socialflow.storage.transaction import Record, Transaction


class FeedRules:
    """Versions of the rules of the feed; exactly one is active."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    async def active(self) -> RuleSet:
        """The active version."""
        return _rules(await self._tx.one(select(feed_rules).where(feed_rules.c.active == true())))

    async def version(self, version: int) -> RuleSet:
        """Any version. Raises NotFound."""
        row = await self._tx.row(select(feed_rules).where(feed_rules.c.version == version))
        if row is None:
            raise NotFound(f"there is no version {version} of the rules", field="version")
        return _rules(row)

    async def versions(self) -> Sequence[tuple[RuleSet, bool]]:
        """All versions, newest first, without their rules; and which is active."""
        columns = (feed_rules.c.version, feed_rules.c.created_at, feed_rules.c.note, feed_rules.c.active)
        rows = await self._tx.rows(select(*columns).order_by(feed_rules.c.version.desc()))
        return [(RuleSet(row.version, (), from_micros(row.created_at), row.note), bool(row.active)) for row in rows]

    async def add(self, rules: RuleSet) -> RuleSet:
        """Store as the next version and make it active; returns it with its number."""
        version = await next_version(self._tx, feed_rules)
        stored = {
            "version": version,
            "rules": _text(rules.rules),
            "created_at": to_micros(rules.created_at),
            "note": rules.note,
            "active": False,
        }
        await self._tx.run(insert(feed_rules), [stored])
        return await self.activate(version)

    async def activate(self, version: int) -> RuleSet:
        """Make another version active. Raises NotFound."""
        rules = await self.version(version)
        await switch(self._tx, feed_rules, version)
        await announce(self._tx, ChangeKind.RULES, [version])
        return rules

    async def forget_author(self, user_id: str) -> int:
        """Take a person out of the rules of all versions; returns how many versions changed.

        A rule about nobody else goes with the name: without it, it would be about everybody's items.
        """
        mentions = feed_rules.c.rules.contains(orjson.dumps(user_id).decode(), autoescape=True)
        changed = []
        for row in await self._tx.rows(select(feed_rules).where(mentions)):
            rules = _rules(row).rules
            kept = tuple(rule for rule in (_without(rule, user_id) for rule in rules) if rule is not None)
            if kept != rules:
                statement = update(feed_rules).where(feed_rules.c.version == row.version)
                await self._tx.run(statement.values(rules=_text(kept)))
                changed.append(row.version)
        await announce(self._tx, ChangeKind.RULES, changed)
        return len(changed)


def _without(rule: Rule, user_id: str) -> Rule | None:
    """The rule without an author; None where it was about nobody else."""
    others = tuple(author for author in rule.match.author if author != user_id)
    if others == rule.match.author:
        return rule
    return replace(rule, match=replace(rule.match, author=others)) if others else None


def _text(rules: Sequence[Rule]) -> str:
    return json_text([to_data(rule) for rule in rules], "rules")


def _rules(row: Record) -> RuleSet:
    rules = tuple(from_data(data) for data in orjson.loads(row.rules))
    return RuleSet(row.version, rules, from_micros(row.created_at), row.note)
