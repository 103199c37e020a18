"""Through whom an item comes: followed people who like it, those first with whom most is shared."""

import numpy as np

from socialflow.content.records import INTERACTION_CODES, InteractionType
from socialflow.ids import ItemKey, UserKey
from socialflow.recommendation.context import Viewer
from socialflow.recommendation.log import UserRows
from socialflow.recommendation.paths import MOST_PATHS, Path, paths_to
from socialflow.recommendation.value_model import Weigher, default_value_model

WEIGH = Weigher(default_value_model())
VISIBLE = np.ones(10, np.bool_)


def liked(*items: int, kind: InteractionType = InteractionType.LIKE) -> UserRows:
    n = len(items)
    types = np.full(n, INTERACTION_CODES[kind], np.uint8)
    return UserRows(np.array(items, np.int32), types, np.ones(n, np.float32), np.arange(n))


def paths(mine: UserRows, visible: np.ndarray = VISIBLE, **followed: UserRows) -> tuple[Path, ...]:
    theirs = {UserKey(int(name[1:])): rows for name, rows in followed.items()}
    return paths_to(ItemKey(7), Viewer(rows=mine, followed=theirs), WEIGH, visible)


def test_who_shares_most_comes_first_with_the_newest_shared_item() -> None:
    found = paths(liked(1, 2, 3), u5=liked(7), u6=liked(1, 7), u7=liked(7, 2, 1), u8=liked(1, 2, 3))
    assert found == (Path(UserKey(7), ItemKey(2)), Path(UserKey(6), ItemKey(1)), Path(UserKey(5), None))


def test_who_dislikes_it_is_no_path() -> None:
    assert paths(liked(1), u5=liked(7, kind=InteractionType.DISLIKE)) == ()


def test_what_may_not_be_shown_is_not_named() -> None:
    visible = VISIBLE.copy()
    visible[1] = False
    assert paths(liked(1), visible, u5=liked(1, 7)) == (Path(UserKey(5), None),)


def test_three_at_most() -> None:
    assert len(paths(liked(1), **{f"u{n}": liked(7) for n in range(5, 10)})) == MOST_PATHS
