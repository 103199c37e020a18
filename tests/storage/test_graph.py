"""Edges between people and channels."""

from dataclasses import replace

import pytest

from socialflow.content.records import Channel, Edge, EdgeKind, Privacy, Relations
from socialflow.storage.unit_of_work import Store
from tests.storage.nouns import NOW, later, statuses, user


@pytest.fixture
async def peopled(store: Store) -> Store:
    async with store.write() as unit:
        await unit.users.upsert([user(name) for name in ("ada", "bob", "cyd")])
        await unit.channels.upsert([Channel(name, name, NOW) for name in ("film", "food")])
    return store


async def test_relations_name_every_kind(peopled: Store) -> None:
    edges = [
        Edge(EdgeKind.FOLLOW, "ada", "bob", NOW),
        Edge(EdgeKind.SUBSCRIPTION, "ada", "film", NOW),
        Edge(EdgeKind.BLOCK, "ada", "bob", NOW),
        Edge(EdgeKind.BLOCK, "cyd", "ada", NOW),
        Edge(EdgeKind.MUTE_USER, "ada", "cyd", NOW),
        Edge(EdgeKind.MUTE_CHANNEL, "ada", "food", NOW),
        Edge(EdgeKind.FOLLOW, "bob", "ada", NOW),
    ]
    async with peopled.write() as unit:
        assert statuses(await unit.graph.add(edges)) == ["stored"] * 7
        people = await unit.users.keys(["ada", "bob", "cyd"])
        channels = await unit.channels.keys(["film", "food"])
        relations = await unit.graph.relations(people["ada"])
        assert await unit.graph.relations(people["cyd"]) == Relations(blocked_users=frozenset({people["ada"]}))
    assert relations == Relations(
        follows=frozenset({people["bob"]}),
        open_follows=frozenset({people["bob"]}),
        subscriptions=frozenset({channels["film"]}),
        blocked_users=frozenset({people["bob"], people["cyd"]}),
        muted_users=frozenset({people["cyd"]}),
        muted_channels=frozenset({channels["food"]}),
    )


async def test_whose_taste_may_count_is_told_apart(peopled: Store) -> None:
    async with peopled.write() as unit:
        await unit.users.upsert([replace(user("bob"), privacy=Privacy(analyse=False))])
        pairs = [("ada", "bob"), ("ada", "cyd"), ("bob", "cyd")]
        await unit.graph.add([Edge(EdgeKind.FOLLOW, source, target, NOW) for source, target in pairs])
        await unit.graph.add([Edge(EdgeKind.SUBSCRIPTION, name, "film", NOW) for name in ("ada", "bob")])
    async with peopled.read() as unit:
        keys = await unit.users.keys(["ada", "bob", "cyd"])
        ada, bob, cyd = (keys[name] for name in ("ada", "bob", "cyd"))
        film = (await unit.channels.keys(["film"]))["film"]
        assert (await unit.graph.relations(ada)).open_follows == {cyd}
        every = await unit.graph.edges(EdgeKind.FOLLOW)
        assert every.tolist() == sorted([[ada, bob], [ada, cyd], [bob, cyd]])
        assert (await unit.graph.edges(EdgeKind.FOLLOW, open_only=True)).tolist() == [[ada, cyd]]
        assert (await unit.graph.edges(EdgeKind.SUBSCRIPTION, open_only=True)).tolist() == [[ada, film]]
        assert (await unit.graph.edges(EdgeKind.BLOCK)).shape == (0, 2)


async def test_bad_edges_are_rejected_rows(peopled: Store) -> None:
    edges = [
        Edge(EdgeKind.FOLLOW, "ada", "ada", NOW),
        Edge(EdgeKind.FOLLOW, "ada", "film", NOW),
        Edge(EdgeKind.SUBSCRIPTION, "ada", "bob", NOW),
        Edge(EdgeKind.BLOCK, "nobody", "ada", NOW),
        Edge(EdgeKind.FOLLOW, "ada", "bob", NOW),
    ]
    async with peopled.write() as unit:
        outcomes = await unit.graph.add(edges)
    assert [(outcome.id, outcome.code, outcome.field) for outcome in outcomes] == [
        ("ada->ada", "invalid_input", "target"),
        ("ada->film", "user_not_found", "target"),
        ("ada->bob", "channel_not_found", "target"),
        ("nobody->ada", "user_not_found", "source"),
        ("ada->bob", None, None),
    ]


async def test_adding_twice_keeps_one_edge_and_its_time(peopled: Store) -> None:
    async with peopled.write() as unit:
        await unit.graph.add([Edge(EdgeKind.FOLLOW, "ada", "bob", NOW)])
        assert statuses(await unit.graph.add([Edge(EdgeKind.FOLLOW, "ada", "bob", later(1))])) == ["stored"]
        assert await unit.graph.targets(EdgeKind.FOLLOW, "ada", None, 10) == [Edge(EdgeKind.FOLLOW, "ada", "bob", NOW)]


async def test_removing_says_whether_there_was_one(peopled: Store) -> None:
    async with peopled.write() as unit:
        await unit.graph.add([Edge(EdgeKind.MUTE_CHANNEL, "ada", "film", NOW)])
        assert await unit.graph.remove(EdgeKind.MUTE_CHANNEL, "ada", "film")
        assert not await unit.graph.remove(EdgeKind.MUTE_CHANNEL, "ada", "film")


async def test_targets_page_in_order(peopled: Store) -> None:
    async with peopled.write() as unit:
        await unit.graph.add([Edge(EdgeKind.FOLLOW, "ada", name, NOW) for name in ("cyd", "bob")])
        first = await unit.graph.targets(EdgeKind.FOLLOW, "ada", None, 1)
        rest = await unit.graph.targets(EdgeKind.FOLLOW, "ada", first[-1].target, 5)
    assert [edge.target for edge in (*first, *rest)] == ["bob", "cyd"]
