"""Rows of an outside API: many spellings, one record; what is odd is counted, what cannot be used is refused."""

from datetime import UTC, datetime
from typing import Any

import pytest
from tests.outside_api import NOW, post, user, view

from socialflow.content.collection import Drift
from socialflow.content.records import InteractionType, ItemKind, Mood
from socialflow.intake.external import fields, rows
from socialflow.intake.external.rows import Acts, Oddities, Person, Reading, RowReader
from socialflow.kit.clock import FixedClock


def read_posts(*given: object, oddities: Oddities | None = None) -> Reading[rows.Post]:
    return RowReader(fields.POST, fields.UNUSED_OF_POSTS, rows.post, oddities or Oddities())(given)


def read_users(*given: object, oddities: Oddities | None = None) -> Reading[Person]:
    return RowReader(fields.USER, fields.UNUSED_OF_USERS, rows.person, oddities or Oddities())(given)


def read_acts(
    kind: InteractionType, *given: object, oddities: Oddities | None = None, source: str = "api.example.org"
) -> Reading[rows.Act]:
    make = Acts(kind, source, FixedClock(NOW))
    return RowReader(fields.ACTS[kind], fields.UNUSED_OF_ACTS, make, oddities or Oddities())(given)


class TestPosts:
    def test_say_what_the_table_names(self) -> None:
        oddities = Oddities()
        (found,) = read_posts(post(7), oddities=oddities).records
        assert found.id == "7"
        assert found.facts == {
            "title": "Title 7",
            "tags": ("calm", "rain"),
            "category": "Motivation",
            "topics": ("Focus",),
            "project_code": "flic",
            "media_url": "https://cdn.example.org/7.mp4",
            "thumbnail_url": "https://cdn.example.org/7.jpg",
            "created_at": datetime(2026, 1, 1, 0, 0, 0, 7000, tzinfo=UTC),
            "kind": ItemKind.VIDEO,
        }
        assert found.totals == {"views": 70, "likes": 7, "comments": 1, "shares": 0}
        assert found.creator == Person(None, "name1", "First Last")
        assert oddities.drift() == Drift()

    @pytest.mark.parametrize(
        ("changes", "field", "value"),
        [
            ({"category": "Calm"}, "category", "Calm"),
            ({"category": None, "category_name": "Calm"}, "category", "Calm"),
            ({"topic": None, "topics": [{"name": "A"}, "B"]}, "topics", ("A", "B")),
            ({"topic": "A, B"}, "topics", ("A", "B")),
            ({"tags": "a, b,,a"}, "tags", ("a", "b")),
            ({"tags": [{"name": "a"}, None, "b"]}, "tags", ("a", "b")),
            ({"topic": None, "baseToken": {"symbol": "FLIC"}}, "project_code", "FLIC"),
            ({"topic": None, "baseToken": "FLIC"}, "project_code", "FLIC"),
            ({"video_link": None, "video_url": "http://a.example/1"}, "media_url", "http://a.example/1"),
            ({"created_at": 1_767_225_600}, "created_at", datetime(2026, 1, 1, tzinfo=UTC)),
            ({"created_at": "2026-01-01 01:00:00+01:00"}, "created_at", datetime(2026, 1, 1, tzinfo=UTC)),
            ({"mood": "Calm"}, "mood", Mood.CALM),
            ({"duration": "12.5"}, "duration", 12.5),
        ],
    )
    def test_may_be_spelt_otherwise(self, changes: dict[str, Any], field: str, value: object) -> None:
        assert read_posts(post(1, **changes)).records[0].facts[field] == value

    @pytest.mark.parametrize(
        ("changes", "creator"),
        [
            ({"user_id": 9}, Person("9", "name1", "First Last")),
            ({"username": None, "user": {"id": 9, "username": "ann", "name": "Ann A."}}, Person("9", "ann", "Ann A.")),
            ({"username": None, "creator": "ann"}, Person(None, "ann", "First Last")),
            ({"username": None}, None),
        ],
    )
    def test_name_their_creator(self, changes: dict[str, Any], creator: Person | None) -> None:
        assert read_posts(post(1, **changes)).records[0].creator == creator

    def test_without_a_video_do_not_say_that_they_are_one(self) -> None:
        assert "kind" not in read_posts(post(1, video_link=None)).records[0].facts

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"view_count": "many"}, "views"),
            ({"view_count": -1}, "views"),
            ({"created_at": "yesterday"}, "created_at"),
            ({"video_link": "javascript:alert(1)"}, "media_url"),
            ({"thumbnail_url": "https://a.example/" + "x" * 3000}, "thumbnail_url"),
            ({"title": "a\0b"}, "title"),
            ({"title": {"en": "a"}}, "title"),
            ({"mood": "purple"}, "mood"),
            ({"duration": -3}, "duration"),
        ],
    )
    def test_lose_only_the_value_that_cannot_be_used(self, changes: dict[str, Any], field: str) -> None:
        oddities = Oddities()
        (found,) = read_posts(post(1, **changes), oddities=oddities).records
        assert field not in {**found.facts, **found.totals}
        assert found.facts["category"] == "Motivation"
        assert oddities.unusable == {field: 1}

    @pytest.mark.parametrize("row", [post(1, id=None), post(1, id=True), post(1, id=""), post(1, id="x" * 200)])
    def test_without_an_id_are_refused(self, row: object) -> None:
        assert read_posts(row).refused == ["invalid_input:id"]

    @pytest.mark.parametrize("row", [None, 7, "post", [], [post(1)]])
    def test_that_are_no_objects_are_refused_and_stop_nothing(self, row: object) -> None:
        reading = read_posts(row, post(2))
        assert reading.refused == ["invalid_input:row"]
        assert [one.id for one in reading.records] == ["2"]


class TestPeople:
    def test_say_only_what_feeds_show(self) -> None:
        oddities = Oddities()
        row = user(3, phone="+1", latitude=1.5, has_wallet=True, is_verified=True, bio="Hi")
        (found,) = read_users(row, oddities=oddities).records
        assert found == Person(
            "3",
            "name3",
            "First Last3",
            {},
            {
                "bio": "Hi",
                "picture_url": "https://cdn.example.org/3.png",
                "is_verified": True,
                "name": "First Last3",
            },
        )
        assert oddities.drift() == Drift()

    def test_may_have_one_name_only(self) -> None:
        assert read_users({"username": "ann"}).records[0].id == "ann"
        assert read_users({"id": 4}).records[0].id == "4"
        assert read_users({"bio": "nobody"}).refused == ["invalid_input:id"]


class TestActs:
    def test_views(self) -> None:
        (found,) = read_acts(InteractionType.VIEW, view(8)).records
        act = found.interaction
        assert (act.user, act.item, act.type, act.value) == ("1", "3", InteractionType.VIEW, 1.0)
        assert act.at == datetime(2026, 2, 1, 12, 0, 8, tzinfo=UTC)
        assert act.received_at == NOW

    @pytest.mark.parametrize(
        ("kind", "time"),
        [
            (InteractionType.LIKE, "liked_at"),
            (InteractionType.INSPIRE, "inspired_at"),
            (InteractionType.VIEW, "viewed_at"),
            (InteractionType.VIEW, "created_at"),
        ],
    )
    def test_each_has_its_time(self, kind: InteractionType, time: str) -> None:
        row = {"post_id": 1, "username": "ann", time: 1_700_000_000}
        (found,) = read_acts(kind, row).records
        assert (found.interaction.user, found.interaction.type) == ("ann", kind)

    @pytest.mark.parametrize(
        ("said", "stars"),
        [
            ({"rating_percent": 80}, 4.0),
            ({"rating_percent": "55"}, 2.75),
            ({"rating_percent": 0}, 0.5),
            ({"rating": 3.5}, 3.5),
            ({"rating_percent": None, "rating": 5}, 5.0),
            ({"rating_percent": 101, "rating": 5}, 5.0),
        ],
    )
    def test_ratings_are_stars(self, said: dict[str, Any], stars: float) -> None:
        row = {"post_id": 1, "user_id": 2, "rated_at": 1_700_000_000, **said}
        assert read_acts(InteractionType.RATING, row).records[0].interaction.value == stars

    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"post_id": None}, "invalid_input:item"),
            ({"user_id": None}, "invalid_input:user"),
            ({"user_id": {"id": 1}}, "invalid_input:user"),
            ({"viewed_at": None}, "invalid_input:at"),
            ({"viewed_at": "soon"}, "invalid_input:at"),
            ({"viewed_at": -1}, "invalid_input:at"),
            ({"viewed_at": "2026-03-01T12:06:00Z"}, "event_in_future:at"),
        ],
    )
    def test_that_do_not_say_who_what_when_are_refused(self, changes: dict[str, Any], reason: str) -> None:
        assert read_acts(InteractionType.VIEW, view(1, **changes)).refused == [reason]

    def test_without_a_value_a_rating_is_refused(self) -> None:
        row = {"post_id": 1, "user_id": 2, "rated_at": 1_700_000_000, "rating_percent": 200}
        assert read_acts(InteractionType.RATING, row).refused == ["invalid_input:rating"]

    def test_have_ids_that_stay_the_same_and_differ_where_they_should(self) -> None:
        def made(kind: InteractionType = InteractionType.VIEW, source: str = "a.example", **changes: Any) -> str:
            row = {"post_id": 1, "user_id": 2, "created_at": 1_700_000_000, **changes}
            return read_acts(kind, row, source=source).records[0].interaction.id

        assert made() == made(id=99, unheard_of=True) == made(created_at=1_700_000_000_000) == made(username="ann")
        others = [made(InteractionType.LIKE), made(source="b.example"), made(post_id=3), made(created_at=1_700_000_001)]
        assert len({made(), *others}) == 5


class TestDrift:
    def test_counts_new_missing_retyped_and_unusable_fields(self) -> None:
        oddities = Oddities()
        odd = post(1, boosted=True, view_count="10", share_count="x")
        del odd["title"]
        read_posts(odd, post(2, boosted=False), oddities=oddities)
        assert oddities.drift() == Drift(
            new={"boosted": 2},
            missing={"title": 1},
            retyped={"views: text": 1, "shares: text": 1},
            unusable={"shares": 1},
        )

    def test_a_null_is_not_missing(self) -> None:
        oddities = Oddities()
        read_posts(post(1, title=None, tags=None), oddities=oddities)
        assert oddities.drift() == Drift()

    def test_an_alias_is_not_drift(self) -> None:
        oddities = Oddities()
        row = post(1, post_id=1, video_url="https://a.example/1")
        del row["id"], row["video_link"]
        read_posts(row, oddities=oddities)
        assert oddities.drift() == Drift()

    def test_names_are_cut_and_only_so_many_kept(self) -> None:
        oddities = Oddities()
        read_posts(post(1, **{f"{n:03d}" + "x" * 500: 1 for n in range(300)}), oddities=oddities)
        assert len(oddities.new) == 101
        assert oddities.new["(more)"] == 200
        assert max(map(len, oddities.new)) == 64

    def test_goes_on_from_what_was_counted(self) -> None:
        oddities = Oddities.of(Drift(new={"boosted": 3}))
        read_posts(post(1, boosted=1), oddities=oddities)
        assert oddities.drift().new == {"boosted": 4}
