"""What this viewer must not be shown, or has had."""

from collections.abc import Mapping

from socialflow.recommendation.context import Context, Keys, Mask, among


class Own:
    """The viewer's own items."""

    name = "own"

    def removed(self, ctx: Context, keys: Keys) -> Mapping[str, Mask]:
        """Items of the viewer, or of a channel of theirs that name no other author."""
        user = ctx.viewer.user
        if user is None:
            return {}
        return {"the viewer made it": ctx.world.corpus.maker(keys) == user.key}


class Blocked:
    """Items of people blocked by the viewer or blocking the viewer."""

    name = "blocked"

    def removed(self, ctx: Context, keys: Keys) -> Mapping[str, Mask]:
        """Items of blocked authors and, where no author is named, of channels that blocked people own."""
        blocked = ctx.viewer.relations.blocked_users
        if not blocked:
            return {}
        return {"its author and the viewer are blocked": among(ctx.world.corpus.maker(keys), blocked)}


class Muted:
    """Items of people and channels the viewer muted."""

    name = "muted"

    def removed(self, ctx: Context, keys: Keys) -> Mapping[str, Mask]:
        """Items of muted authors and channels."""
        corpus, relations = ctx.world.corpus, ctx.viewer.relations
        if not relations.muted_users and not relations.muted_channels:
            return {}
        return {
            "its author is muted": among(corpus.maker(keys), relations.muted_users),
            "its channel is muted": among(corpus.channel[keys], relations.muted_channels),
        }


class AgeRestricted:
    """Age-restricted items, where the viewer may be younger than 18 (see `Context.of_age`)."""

    name = "age"

    def removed(self, ctx: Context, keys: Keys) -> Mapping[str, Mask]:
        """Items that a decision restricts."""
        if ctx.of_age:
            return {}
        return {"age-restricted": ctx.world.corpus.age_restricted[keys]}


class Seen:
    """Items the viewer reacted to or watched (see `Context.seen`)."""

    name = "seen"

    def removed(self, ctx: Context, keys: Keys) -> Mapping[str, Mask]:
        """Items in the history as seen."""
        return {"already seen": ctx.among(keys, ctx.seen)}


class Refused:
    """Items the viewer hid, reported or marked as not interesting."""

    name = "refused"

    def removed(self, ctx: Context, keys: Keys) -> Mapping[str, Mask]:
        """Items the viewer refused."""
        return {"hidden, reported or not interesting to the viewer": ctx.among(keys, ctx.refused)}


class Excluded:
    """Items the caller excludes by id."""

    name = "excluded"

    def removed(self, ctx: Context, keys: Keys) -> Mapping[str, Mask]:
        """Items named in `exclude`."""
        return {"excluded by the caller": ctx.among(keys, ctx.excluded)}


class Shown:
    """Items that earlier pages of this request showed."""

    name = "shown"

    def removed(self, ctx: Context, keys: Keys) -> Mapping[str, Mask]:
        """Items of earlier pages."""
        return {"on an earlier page": ctx.among(keys, ctx.shown)}


class Anchor:
    """The item itself, among items like it."""

    name = "anchor"

    def removed(self, ctx: Context, keys: Keys) -> Mapping[str, Mask]:
        """The anchor."""
        return {"the item asked about": keys == (-1 if ctx.anchor is None else ctx.anchor)}
