"""Recommendations for code that calls this project as a library: constructors without arguments, plain answers."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, TypedDict, TypeVar

from socialflow.content.records import ItemKind
from socialflow.errors import InvalidInput
from socialflow.kit.defaults import resident, started
from socialflow.recommendation.embedding import Embedded, embed_items, embed_users
from socialflow.recommendation.records import FeedAnswer, FeedQuery
from socialflow.recommendation.service import RecommendationService

T = TypeVar("T")


class Home(Protocol):
    """A platform, as `socialflow.wiring` assembles it."""

    @property
    def recommendation(self) -> RecommendationService:
        """Its recommender."""
        ...


class Recommended(TypedDict):
    """One recommended item: why it is there, and which part of the system found it."""

    id: str
    score: float
    position: int
    reason: str
    source: str


class Scored(TypedDict):
    """One of the posts that were given."""

    post_id: str
    score: float


class Recommendations:
    """Lists for one person; what is asked for is stored as an impression before it is returned.

    Args:
        db: a started platform; without it, the one which the environment's settings describe, on a loop of its own.

    Raises, in every method: InvalidInput, UserNotFound, ModelUnavailable (with the command that trains it), Overloaded,
    StoreUnavailable.
    """

    def __init__(self, db: Home | None = None) -> None:
        self._home = db

    async def get_video_recommendations(
        self, user_id: str, limit: int = 20, algorithm: str = "hybrid"
    ) -> list[Recommended]:
        """The best `limit` videos for a user now, best first; `algorithm` as in `recommendation.feeds`, or `smart`."""
        return await self.recommend(user_id, ItemKind.VIDEO, limit, algorithm)

    async def recommend(
        self, user_id: str, kind: ItemKind, limit: int = 20, algorithm: str = "hybrid"
    ) -> list[Recommended]:
        """The best `limit` items of one kind for a user now, best first."""
        query = FeedQuery(user_id=user_id, algorithm=algorithm, kind=kind, page_size=limit)
        answer = await self._ask(query)
        return [
            Recommended(
                id=entry.item_id, score=entry.score, position=entry.position, reason=entry.reason, source=entry.source
            )
            for entry in answer.impression.entries
        ]

    async def get_personalized_feed(
        self, user_id: str, candidate_posts: Sequence[str], limit: int = 20
    ) -> list[Scored]:
        """The best `limit` of the posts given: 60 % collaborative, 40 % content; what may not be shown is left out."""
        candidates = _candidates(candidate_posts)
        query = FeedQuery(user_id=user_id, algorithm="two_way", candidates=candidates, page_size=limit)
        return _scored(await self._ask(query))

    async def _ask(self, query: FeedQuery) -> FeedAnswer:
        return await _with(self._home, lambda service: service.feed(query))


class ContentEmbeddingModel:
    """Vectors of items from their metadata and of users from profile and history, of one width, in one space.

    Those of who reads alike lie near each other: the product of two is their cosine, -1 to 1. The content model
    in use makes them (512 wide unless it was trained otherwise).

    Args:
        db: a started platform; without it, the one which the environment's settings describe, on a loop of its own.

    Raises, in every method: ModelUnavailable (with the command that trains it), Overloaded, StoreUnavailable.
    """

    def __init__(self, db: Home | None = None) -> None:
        self._home = db

    async def embed_items(self, item_ids: Sequence[str]) -> Embedded:
        """Vectors of stored items, by title, description, text, tags, category and channel as they read now."""
        return await _with(self._home, lambda service: embed_items(service, item_ids))

    async def embed_users(self, user_ids: Sequence[str]) -> Embedded:
        """Vectors of users: at first of the profile (interests, what they wrote of themselves), then of what was taken,
        newer things counting more. None of who does not permit to analyse or to personalise."""
        return await _with(self._home, lambda service: embed_users(service, user_ids))


async def _with(home: Home | None, use: Callable[[RecommendationService], Awaitable[T]]) -> T:
    """Ask the started recommender of a platform, or of the resident one."""

    async def ask(home: Home) -> T:
        await started(home.recommendation)
        return await use(home.recommendation)

    return await (resident().run(ask) if home is None else ask(home))


class TwoWayRecommender:
    """Scores given posts for a user: 60 % collaborative, 40 % content. Blocking, on the resident platform.

    Args:
        model_path: where other installations keep weights. The models in use are those that the catalogue has active.
    """

    def __init__(self, model_path: str | None = None) -> None:
        self.model_path = model_path

    def predict(self, user_id: str, post_ids: Sequence[str]) -> list[Scored]:
        """At most fifty of the posts that may be shown, best first. Raises as `Recommendations`."""
        candidates = _candidates(post_ids)
        query = FeedQuery(
            user_id=user_id, algorithm="two_way", candidates=candidates, page_size=min(50, len(candidates))
        )

        async def feed(home: Home) -> FeedAnswer:
            return await Recommendations(home)._ask(query)

        return _scored(resident().call(feed))


def _candidates(posts: Sequence[str]) -> tuple[str, ...]:
    if not posts or isinstance(posts, str):
        raise InvalidInput("give the ids of the posts to rank, as a list", field="post_ids")
    return tuple(dict.fromkeys(posts))


def _scored(answer: FeedAnswer) -> list[Scored]:
    return [Scored(post_id=entry.item_id, score=entry.score) for entry in answer.impression.entries]
