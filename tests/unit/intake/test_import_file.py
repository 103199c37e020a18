"""Files of every kind become records; bad rows are set aside with reasons; nothing is stored twice or lost."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.unit.intake.fake_store import FakeStore

from socialflow.content.records import InteractionType, ItemKind, ModerationStatus, Mood
from socialflow.errors import InvalidInput
from socialflow.intake import ImportKind, ImportOptions, Moderation, import_file
from socialflow.intake.checkpoint import forget


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def rejected(path: Path | None) -> list[dict]:
    assert path is not None
    return [orjson.loads(line) for line in path.read_bytes().splitlines()]


class TestInteractions:
    async def test_mapped_columns_become_interactions(self, tmp_path: Path, options: ImportOptions) -> None:
        file = write(tmp_path / "r.csv", "userId,movieId,rating,timestamp\n1,10,4.5,1700000000\n2,10,3,1700000001\n")
        mapping = {"user": "userId", "item": "movieId", "value": "rating", "at": "timestamp"}
        store = FakeStore()
        report = await import_file(
            store, ImportKind.INTERACTIONS, file, replace(options, mapping=mapping, create_missing=True)
        )
        assert (report.rows, report.stored, report.rejected) == (2, 2, {})
        first = next(iter(store.interactions.rows.values()))
        assert (first.user, first.item, first.type, first.value) == ("1", "10", InteractionType.RATING, 4.5)
        assert first.at == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)

    async def test_unknown_ends_are_rejected_and_named(self, tmp_path: Path, options: ImportOptions) -> None:
        file = write(tmp_path / "i.csv", "user,item,type\nann,film,like\n")
        report = await import_file(FakeStore(), ImportKind.INTERACTIONS, file, options)
        assert report.rejected == {"user_not_found:user": 1}
        assert rejected(report.rejected_path)[0]["line"] == 2

    async def test_each_bad_row_has_its_reason(self, tmp_path: Path, options: ImportOptions) -> None:
        rows = [
            "user,item,type,value,at",
            "ann,film,like,,2024-05-01T10:00:00Z",
            "ann,film,like,,2024-06-01T00:06:00Z",
            "ann,film,rating,9,2024-05-01",
            "ann,film,rating,,2024-05-01",
            "ann,film,poke,,2024-05-01",
            ",film,like,,2024-05-01",
            "ann,film,like,,yesterday",
            "ann,film,like",
        ]
        file = write(tmp_path / "i.csv", "\n".join(rows))
        report = await import_file(FakeStore(), ImportKind.INTERACTIONS, file, replace(options, create_missing=True))
        assert report.stored == 1
        assert [(row["line"], row["code"], row["field"]) for row in rejected(report.rejected_path)] == [
            (3, "event_in_future", "at"),
            (4, "invalid_input", "value"),
            (5, "invalid_input", "value"),
            (6, "invalid_input", "type"),
            (7, "invalid_input", "user"),
            (8, "invalid_input", "at"),
            (9, "malformed_row", None),
        ]
        assert "0.5 to 5" in rejected(report.rejected_path)[1]["reason"]

    async def test_second_import_stores_nothing(self, tmp_path: Path, options: ImportOptions) -> None:
        file = write(tmp_path / "i.csv", "user,item,at\n" + "".join(f"u{n},i,{1_700_000_000 + n}\n" for n in range(50)))
        store = FakeStore()
        wanted = replace(options, create_missing=True, chunk_rows=7)
        await import_file(store, ImportKind.INTERACTIONS, file, wanted)
        again = await import_file(store, ImportKind.INTERACTIONS, file, wanted)
        assert (again.stored, again.duplicates, len(store.interactions.rows)) == (0, 50, 50)

    async def test_listed_items_are_one_event_each_in_order(self, tmp_path: Path, options: ImportOptions) -> None:
        file = write(tmp_path / "s.tsv", "ann\t3 1 2\nbob\t1\n")
        wanted = replace(options, mapping={"user": "0", "item": "1"}, split={"item": " "}, create_missing=True)
        store = FakeStore()
        report = await import_file(store, ImportKind.INTERACTIONS, file, wanted)
        assert (report.rows, report.stored) == (2, 4)
        ann = sorted((row.at, row.item) for row in store.interactions.rows.values() if row.user == "ann")
        assert [item for _, item in ann] == ["3", "1", "2"]
        assert ann[1][0] - ann[0][0] == timedelta(seconds=1)

    async def test_json_rows_may_name_fields_as_usual_elsewhere(self, tmp_path: Path, options: ImportOptions) -> None:
        file = write(
            tmp_path / "i.jsonl", '{"user_id": 1, "post_id": 2, "event": "save"}\n{"user": "x", "item": "y"}\n'
        )
        store = FakeStore()
        await import_file(store, ImportKind.INTERACTIONS, file, replace(options, create_missing=True))
        assert [(row.user, row.item, row.type) for row in store.interactions.rows.values()] == [
            ("1", "2", InteractionType.SAVE),
            ("x", "y", InteractionType.VIEW),
        ]

    async def test_an_empty_list_is_a_rejected_row(self, tmp_path: Path, options: ImportOptions) -> None:
        file = write(tmp_path / "s.tsv", "ann\t \nbob\t\n")
        wanted = replace(options, mapping={"user": "0", "item": "1"}, split={"item": " "}, create_missing=True)
        report = await import_file(FakeStore(), ImportKind.INTERACTIONS, file, wanted)
        assert report.rejected == {"invalid_input:item": 2}

    async def test_constants_fill_columns_that_a_file_lacks(self, tmp_path: Path, options: ImportOptions) -> None:
        file = write(tmp_path / "likes.csv", "user,item\nann,film\n")
        store = FakeStore()
        wanted = replace(options, constants={"type": "like"}, create_missing=True)
        await import_file(store, ImportKind.INTERACTIONS, file, wanted)
        assert [row.type for row in store.interactions.rows.values()] == [InteractionType.LIKE]


class TestResuming:
    @pytest.mark.parametrize("fail_at", [1, 3, 8])
    async def test_a_broken_import_goes_on_and_counts_all(
        self, tmp_path: Path, options: ImportOptions, fail_at: int
    ) -> None:
        rows = "".join(f"u{n},i,{1_700_000_000 + n}\n" if n % 10 else f"u{n},i,soon\n" for n in range(100))
        file = write(tmp_path / "i.csv", "user,item,at\n" + rows)
        wanted = replace(options, create_missing=True, chunk_rows=10)
        store = FakeStore(fail_at)
        with pytest.raises(ConnectionError):
            await import_file(store, ImportKind.INTERACTIONS, file, wanted)
        store.fail_at = None
        report = await import_file(store, ImportKind.INTERACTIONS, file, wanted)
        assert report.resumed_from == (fail_at - 1) * 10
        assert (report.rows, report.stored, report.rejected) == (100, 90, {"invalid_input:at": 10})
        assert len(store.interactions.rows) == 90
        assert [row["line"] for row in rejected(report.rejected_path)] == list(range(2, 102, 10))

    async def test_a_checkpoint_of_another_store_is_not_trusted(self, tmp_path: Path, options: ImportOptions) -> None:
        file = write(tmp_path / "u.csv", "id\n" + "".join(f"u{n}\n" for n in range(30)))
        wanted = replace(options, chunk_rows=10)
        with pytest.raises(ConnectionError):
            await import_file(FakeStore(fail_at=3), ImportKind.USERS, file, wanted)
        fresh = FakeStore()
        report = await import_file(fresh, ImportKind.USERS, file, wanted)
        assert (report.resumed_from, len(fresh.users.rows)) == (0, 30)

    async def test_a_changed_file_is_read_from_its_beginning(self, tmp_path: Path, options: ImportOptions) -> None:
        file = write(tmp_path / "u.csv", "id\n" + "".join(f"u{n}\n" for n in range(30)))
        wanted = replace(options, chunk_rows=10)
        store = FakeStore(fail_at=3)
        with pytest.raises(ConnectionError):
            await import_file(store, ImportKind.USERS, file, wanted)
        store.fail_at = None
        write(file, "id\n" + "".join(f"v{n}\n" for n in range(30)))
        report = await import_file(store, ImportKind.USERS, file, wanted)
        assert report.resumed_from == 0
        assert "v0" in store.users.rows


class TestOtherKinds:
    async def test_items_with_all_fields(self, tmp_path: Path, options: ImportOptions) -> None:
        row = {
            "id": 7,
            "kind": "post",
            "created_at": "2024-01-01T00:00:00+02:00",
            "title": "Zwölf",
            "tags": ["a", "b", "a"],
            "topics": "x|y",
            "mood": "Calm",
            "duration": 12,
            "hidden": "no",
            "channel": "c1",
            "author": "u1",
        }
        file = tmp_path / "items.jsonl"
        file.write_bytes(orjson.dumps(row))
        store = FakeStore()
        await import_file(store, ImportKind.ITEMS, file, replace(options, create_missing=True))
        item = store.items.rows["7"]
        assert (item.kind, item.mood, item.tags, item.topics) == (ItemKind.POST, Mood.CALM, ("a", "b"), ("x", "y"))
        assert item.created_at == datetime(2023, 12, 31, 22, tzinfo=UTC)
        assert item.moderation_status is ModerationStatus.PENDING
        assert store.channels.rows["c1"].name == "c1"

    async def test_what_comes_in_asks_for_work_once_a_chunk(self, tmp_path: Path, options: ImportOptions) -> None:
        file = write(tmp_path / "items.csv", "id,title\n" + "".join(f"{n},Title {n}\n" for n in range(5)))
        store = FakeStore()
        await import_file(store, ImportKind.ITEMS, file, replace(options, chunk_rows=2))
        assert (len(store.items.rows), store.items.requests) == (5, 3)
        await import_file(store, ImportKind.ITEMS, write(tmp_path / "none.csv", "id,title\n"), options)
        assert store.items.requests == 3

    async def test_trusted_items_arrive_approved(self, tmp_path: Path, options: ImportOptions) -> None:
        file = write(tmp_path / "items.csv", "id,title\n1,One\n")
        store = FakeStore()
        await import_file(store, ImportKind.ITEMS, file, replace(options, moderation=Moderation.TRUSTED))
        assert store.items.rows["1"].moderation_status is ModerationStatus.APPROVED

    async def test_lists_may_have_another_separator(self, tmp_path: Path, options: ImportOptions) -> None:
        file = write(tmp_path / "items.csv", "id,tags,topics\n1,a b a,x;y\n")
        store = FakeStore()
        await import_file(store, ImportKind.ITEMS, file, replace(options, split={"tags": " ", "topics": ";"}))
        assert (store.items.rows["1"].tags, store.items.rows["1"].topics) == (("a", "b"), ("x", "y"))

    async def test_users_keep_their_privacy_flags(self, tmp_path: Path, options: ImportOptions) -> None:
        file = write(tmp_path / "users.csv", "id,username,train,interests,birth_year\n1,ann,false,jazz|tea,1990\n")
        store = FakeStore()
        await import_file(store, ImportKind.USERS, file, options)
        ann = store.users.rows["1"]
        assert (ann.username, ann.privacy.train, ann.privacy.personalise) == ("ann", False, True)
        assert (ann.interests, ann.birth_year) == (("jazz", "tea"), 1990)

    async def test_follows_and_subscriptions(self, tmp_path: Path, options: ImportOptions) -> None:
        follows = write(tmp_path / "f.csv", "source,target\nann,bob\nann,bob\n")
        subscriptions = write(tmp_path / "s.csv", "user_id,channel_id\nann,news\n")
        store = FakeStore()
        wanted = replace(options, create_missing=True)
        report = await import_file(store, ImportKind.FOLLOWS, follows, wanted)
        assert (report.stored, report.duplicates) == (1, 1)
        await import_file(store, ImportKind.SUBSCRIPTIONS, subscriptions, wanted)
        assert ("subscription", "ann", "news") in store.graph.rows

    async def test_channels(self, tmp_path: Path, options: ImportOptions) -> None:
        file = write(tmp_path / "c.csv", "id,name,subscriber_count,owner\nc,News,12,ann\nd,Bad,-1,\n")
        store = FakeStore()
        report = await import_file(store, ImportKind.CHANNELS, file, replace(options, create_missing=True))
        assert store.channels.rows["c"].subscriber_count == 12
        assert report.rejected == {"invalid_input:subscriber_count": 1}


class TestWhatCannotBegin:
    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({"mapping": {"user": "nobody"}}, "'nobody'"),
            ({"mapping": {"person": "user"}}, "no field 'person'"),
            ({"split": {"user": " ", "item": " "}}, "rows can be repeated for one field"),
            ({"split": {"surface": " "}}, "no column is mapped to surface"),
            ({"mapping": {"item": "twice"}}, "several columns"),
            ({"encoding": "ebcdic"}, "utf-8 or latin-1"),
            ({"separator": ""}, "separator"),
        ],
    )
    async def test_wrong_options_say_what_is_wrong(
        self, tmp_path: Path, options: ImportOptions, changes: dict, said: str
    ) -> None:
        file = write(tmp_path / "i.csv", "user,item,twice,twice\na,b,c,d\n")
        with pytest.raises(InvalidInput, match=said):
            await import_file(FakeStore(), ImportKind.INTERACTIONS, file, replace(options, **changes))

    async def test_a_file_that_is_not_there(self, tmp_path: Path, options: ImportOptions) -> None:
        with pytest.raises(InvalidInput, match="no file"):
            await import_file(FakeStore(), ImportKind.ITEMS, tmp_path / "none.csv", options)

    async def test_a_file_without_the_columns(self, tmp_path: Path, options: ImportOptions) -> None:
        file = write(tmp_path / "i.csv", "a,b\n1,2\n")
        with pytest.raises(InvalidInput, match="no column is mapped to user"):
            await import_file(FakeStore(), ImportKind.INTERACTIONS, file, options)


async def test_progress_is_told_to_the_end(tmp_path: Path, options: ImportOptions) -> None:
    file = write(tmp_path / "u.csv", "id\n" + "".join(f"u{n}\n" for n in range(30)))
    heard: list[tuple[str, int, int]] = []
    await import_file(
        FakeStore(), ImportKind.USERS, file, replace(options, chunk_rows=10), lambda *said: heard.append(said)
    )
    assert heard[-1] == ("users", file.stat().st_size, file.stat().st_size)
    assert [done for _, done, _ in heard] == sorted(done for _, done, _ in heard)


async def test_erasure_takes_a_person_out_of_rejected_rows(tmp_path: Path, options: ImportOptions) -> None:
    file = write(tmp_path / "i.csv", "user,item\nann,film\nbob,film\nann-2,film\nhannah,film\n")
    report = await import_file(FakeStore(), ImportKind.INTERACTIONS, file, options)
    assert forget(options.state_dir, ["ann", "nobody"]) == 2
    assert [row["line"] for row in rejected(report.rejected_path)] == [3, 5]
    assert forget(options.state_dir, []) == 0
    assert forget(tmp_path / "nowhere", ["ann"]) == 0


@pytest.mark.parametrize("name", ['say "hi"', "back\\slash", "zoë", "person-7"])
async def test_erasure_finds_a_name_however_it_was_kept(tmp_path: Path, options: ImportOptions, name: str) -> None:
    rows = [{"user": name, "item": "film"}, {"user": name, "item": "\ud800"}, {"user": "bob", "item": "film"}]
    file = tmp_path / "i.jsonl"
    undecodable = json.dumps({"user": name}, ensure_ascii=False).encode() + b"\xff\n"
    file.write_bytes("".join(json.dumps(row) + "\n" for row in rows).encode() + undecodable)
    report = await import_file(FakeStore(), ImportKind.INTERACTIONS, file, options)
    assert report.rejected_path is not None
    assert forget(options.state_dir, [name]) == 3
    assert [row["line"] for row in rejected(report.rejected_path)] == [3]


async def test_parquet_with_nanosecond_times(tmp_path: Path, options: ImportOptions) -> None:
    moment = datetime(2024, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
    times = pa.array([int(moment.timestamp() * 1_000_000) * 1000 + 7, None], pa.timestamp("ns"))
    table = pa.table({"user": [1, 2], "item": ["a", "b"], "at": times, "value": [0.25, None]})
    pq.write_table(table, tmp_path / "i.parquet")
    store = FakeStore()
    wanted = replace(options, interaction_type=InteractionType.VIEW, create_missing=True)
    await import_file(store, ImportKind.INTERACTIONS, tmp_path / "i.parquet", wanted)
    first, second = store.interactions.rows.values()
    assert (first.user, first.at, first.value) == ("1", moment, 0.25)
    assert second.at == options.base_time + timedelta(seconds=2)
