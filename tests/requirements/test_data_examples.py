"""The example of data processing, with only its import line changed."""

import numpy as np
from tests.requirements.examples import in_requirements, run_blocking

from socialflow.content.records import Channel, Edge, EdgeKind, Privacy, User
from socialflow.kit.defaults import Resident

MATRIX = """
from backend.src.enoro.ml import DataPreprocessor

# Create user-item matrix
preprocessor = DataPreprocessor()
matrix, users, channels = preprocessor.get_user_subscription_matrix(db)
"""
IMPORT = {"from backend.src.enoro.ml import DataPreprocessor": "from socialflow.training import DataPreprocessor"}


def test_who_subscribes_to_what(resident: Resident) -> None:
    assert in_requirements(MATRIX, "4")

    async def fill(platform) -> None:
        now = platform.clock.now()
        async with platform.store.write() as unit:
            people = [User(name, name, now) for name in ("ada", "bob", "eve")]
            await unit.users.upsert([*people, User("zoe", "zoe", now, privacy=Privacy(train=False))])
            await unit.channels.upsert([Channel(name, name, now) for name in ("c1", "c2", "c3")])
            pairs = [("ada", "c3"), ("ada", "c1"), ("eve", "c1"), ("zoe", "c2")]
            await unit.graph.add([Edge(EdgeKind.SUBSCRIPTION, user, channel, now) for user, channel in pairs])

    resident.call(fill)
    made = run_blocking(MATRIX, IMPORT, {"db": None})
    assert made["users"] == ["ada", "eve"]  # zoe bars training, bob subscribes to nothing
    assert made["channels"] == ["c1", "c3"]
    assert np.array_equal(made["matrix"].toarray(), [[1, 1], [1, 0]])
    assert made["matrix"].dtype == np.float32


def test_of_an_empty_platform_is_empty(resident: Resident) -> None:
    made = run_blocking(MATRIX, IMPORT, {"db": None})
    assert (made["matrix"].shape, made["users"], made["channels"]) == ((0, 0), [], [])
