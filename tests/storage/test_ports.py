"""The store is what the domains ask for; the type checker proves it on this file."""

from socialflow.access.ports import AccessStore, AccessUnit
from socialflow.content.ports import ContentStore
from socialflow.intake.external.ports import CollectionStore
from socialflow.jobs.ports import JobStore, JobUnit
from socialflow.moderation.gather.ports import AuthorStore
from socialflow.moderation.ports import DecisionStore
from socialflow.moderation.review.ports import ReviewStore
from socialflow.moderation.transparency.ports import Period, TransparencyStore
from socialflow.recommendation.ports import RecommendationStore, RecommendationUnit
from socialflow.storage.unit_of_work import Store
from socialflow.video.search.ports import SearchStore
from tests.storage.nouns import NOW


async def test_the_store_satisfies_the_ports(store: Store) -> None:
    content: ContentStore = store
    recommendation: RecommendationStore = store
    access: AccessStore = store
    work: JobStore = store
    collections: CollectionStore = store
    searched: SearchStore = store
    authors: AuthorStore = store
    decided: DecisionStore = store
    reviewed: ReviewStore = store
    told: TransparencyStore = store
    async with content.read() as content_unit, recommendation.write() as unit, access.read() as access_unit:
        ranking: RecommendationUnit = unit
        keys: AccessUnit = access_unit
        assert await content_unit.users.page(None, 1) == []
        assert (await ranking.value_models.active()).version == 1
        assert await keys.api_keys.all() == []
    async with searched.read() as search_unit:
        assert [one async for one in search_unit.moments.kept("text")] == []
    async with authors.read() as author_unit:
        assert await author_unit.authors.facts(["u1"]) == {}
    async with decided.read() as decided_unit:
        assert await decided_unit.decisions.history("none") == []
        assert await decided_unit.audit.head() is None
        assert await decided_unit.person_keys.known(None) is not None
    async with collections.read() as collection_unit:
        assert await collection_unit.collections.of_source("api.example.org") == []
    async with reviewed.read() as review_unit:
        assert await review_unit.reviews.counts(NOW) == []
    async with told.read() as told_unit:
        assert await told_unit.transparency.restricting(Period(), -1, 1) == []
    async with work.read() as work_unit:
        queue: JobUnit = work_unit
        assert await queue.jobs.page() == []
        assert await queue.schedules.all() == []
        assert await queue.workers.alive(NOW) == []
