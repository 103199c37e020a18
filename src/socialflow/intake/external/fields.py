"""How rows of an outside API may be spelt: one literal table a kind of row.

A field names the places where it may stand, best first (a dot goes down into an object), the JSON types that are
expected there, and what makes a value of it. Every other name that such an API is known to send is listed as unused,
what is deliberately not kept among it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from socialflow.content.records import InteractionType, Mood
from socialflow.errors import InvalidInput
from socialflow.intake import values

_MAX_URL = 2048


@dataclass(frozen=True, slots=True)
class Field:
    """One field of ours in rows of theirs. `expected`: a row that lacks it, under every name, is drift."""

    name: str
    places: tuple[str, ...]
    types: tuple[type, ...]
    convert: values.Converter
    expected: bool = False


def web_address(value: object, field: str) -> str:
    """An http(s) address of at most 2,048 characters."""
    address = values.text(value, field).strip()
    if not address.lower().startswith(("http://", "https://")) or len(address) > _MAX_URL or not address.isprintable():
        raise InvalidInput(f"{field} must be an http(s) address", field=field)
    return address


def names(value: object, field: str) -> tuple[str, ...]:
    """Names in a list (of texts, or of objects with a `name`), in text with commas or bars between, or alone."""
    if isinstance(value, str) and not value.lstrip().startswith("["):
        value = value.replace(",", "|")
    if isinstance(value, Mapping):
        value = [value]
    if isinstance(value, list):
        value = [one.get("name") if isinstance(one, Mapping) else one for one in value]
    return values.listed(value, field)


def seconds(value: object, field: str) -> float:
    """A length of time, not negative."""
    length = values.number(value, field)
    if length < 0:
        raise InvalidInput(f"{field} must not be negative", field=field)
    return length


def stars(value: object, field: str) -> float:
    """A rating from 0.5 to 5."""
    rating = values.number(value, field)
    if not 0.5 <= rating <= 5.0:
        raise InvalidInput(f"{field} must be 0.5 to 5, not {rating:g}", field=field)
    return rating


def percent_as_stars(value: object, field: str) -> float:
    """A rating from 0 to 100, on the scale of stars; the least is half a star.

    >>> percent_as_stars(80, "rating_percent")
    4.0
    """
    rating = values.number(value, field)
    if not 0.0 <= rating <= 100.0:
        raise InvalidInput(f"{field} must be 0 to 100, not {rating:g}", field=field)
    return max(0.5, rating / 20.0)


_ID, _TEXT, _NUMBER, _TIME = (int, str), (str,), (int, float), (int, float, str)
_instant, _mood = values.instant(), values.one_of(Mood)


def _text(name: str, *places: str, expected: bool = False) -> Field:
    return Field(name, places, _TEXT, values.text, expected)


def _total(name: str, *places: str) -> Field:
    return Field(name, places, _NUMBER, values.count, expected=True)


def _address(name: str, *places: str, expected: bool = False) -> Field:
    return Field(name, places, _TEXT, web_address, expected)


def _id(name: str, *places: str, expected: bool = False) -> Field:
    return Field(name, places, _ID, values.identifier, expected)


POST = (
    _id("id", "id", "post_id", "postId", expected=True),
    _text("title", "title", expected=True),
    _text("description", "description", "caption", "summary"),
    Field("tags", ("tags", "hashtags"), (list,), names, expected=True),
    Field(
        "category",
        ("category.name", "category_name", "categoryName", "category"),
        _TEXT,
        values.text,
        expected=True,
    ),
    Field("topics", ("topic.name", "topic_name", "topics", "topic"), (str, list), names),
    _text(
        "project_code",
        "project_code",
        "projectCode",
        "topic.project_code",
        "category.project_code",
        "baseToken.symbol",
        "base_token.symbol",
        "baseToken",
    ),
    Field("mood", ("mood",), _TEXT, _mood),
    _text("language", "language", "lang"),
    Field("duration", ("duration", "duration_seconds"), _NUMBER, seconds),
    _address("media_url", "video_link", "video_url", "videoUrl", "media_url", expected=True),
    _address("thumbnail_url", "thumbnail_url", "thumbnailUrl", "thumbnail", expected=True),
    Field("created_at", ("created_at", "createdAt", "published_at", "timestamp"), _TIME, _instant, expected=True),
    _total("views", "view_count", "views", "viewCount"),
    _total("likes", "upvote_count", "like_count", "likes", "upvotes"),
    _total("comments", "comment_count", "comments_count", "comments"),
    _total("shares", "share_count", "shares"),
    _id("creator_id", "user_id", "userId", "user.id", "owner.id", "creator_id"),
    _id("username", "username", "user.username", "owner.username", "creator.username", "creator", expected=True),
    _text("name", "user.name", "owner.name", "creator.name"),
    _text("first_name", "first_name", "firstName", "user.first_name", "owner.first_name"),
    _text("last_name", "last_name", "lastName", "user.last_name", "owner.last_name"),
)
"""A video or post: its words, its running totals, who made it."""

USER = (
    _id("id", "id", "user_id", "userId", expected=True),
    _id("username", "username", "user_name", "userName", expected=True),
    _text("name", "name", "full_name", "fullName"),
    _text("first_name", "first_name", "firstName"),
    _text("last_name", "last_name", "lastName"),
    _text("bio", "bio", "about", "description"),
    _address("picture_url", "profile_url", "profile_image_url", "picture_url", "avatar_url"),
    _address("website_url", "website_url", "website"),
    Field("is_verified", ("is_verified", "isVerified"), (bool, int), values.boolean),
    _text("locale", "locale", "lang"),
    Field("created_at", ("created_at", "createdAt", "joined_at"), _TIME, _instant),
)
"""A person."""


def act(*times: str, value: tuple[Field, ...] = ()) -> tuple[Field, ...]:
    """Fields of a row that says who did something to which post, and when."""
    return (
        _id("item", "post_id", "postId", "post.id", expected=True),
        _id("user", "user_id", "userId", "user.id"),
        _id("username", "username", "user.username", "user_name"),
        Field("at", (*times, "created_at", "createdAt", "timestamp", "at"), _TIME, _instant, expected=True),
        *value,
    )


_PERCENT = Field("percent", ("rating_percent", "ratingPercent"), _NUMBER, percent_as_stars, expected=True)
_STARS = Field("stars", ("rating", "stars", "rating_value"), _NUMBER, stars)

ACTS: Mapping[InteractionType, tuple[Field, ...]] = {
    InteractionType.VIEW: act("viewed_at", "view_at"),
    InteractionType.LIKE: act("liked_at", "upvoted_at"),
    InteractionType.INSPIRE: act("inspired_at"),
    InteractionType.RATING: act("rated_at", value=(_PERCENT, _STARS)),
}


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


UNUSED_OF_POSTS = _words(
    "slug identifier parent_video_id exit_count rating_count average_rating bookmark_count contract_address chain_id "
    "chart_url is_locked is_available_in_public_feed upvoted bookmarked following gif_thumbnail_url picture_url "
    "post_summary children_count updated_at status next_video_id"
)
UNUSED_OF_USERS = _words(
    "email phone role latitude longitude has_wallet wallet_address wallet_adress referral_code last_login "
    "instagram-url instagram_url youtube_url tictok_url tiktok_url twitter_url share_count post_count following_count "
    "follower_count is_following is_online updated_at gender dob date_of_birth"
)
UNUSED_OF_ACTS = _words("id updated_at first_name last_name picture_url title slug")
"""Known names that are read past. Of people only what feeds show is kept: no addresses, no places, no wallets."""


def fetch(row: Mapping[str, Any], place: str) -> tuple[bool, object]:
    """Whether the row has this place at all, and what stands there.

    >>> fetch({"category": {"name": "calm"}}, "category.name"), fetch({}, "category.name")
    ((True, 'calm'), (False, None))
    """
    held: object = row
    for step in place.split("."):
        if not isinstance(held, Mapping) or step not in held:
            return False, None
        held = held[step]
    return True, held
