"""Who used the platform last."""

import numpy as np
import numpy.typing as npt

from socialflow.recommendation.log import Snapshot


def active_users(snapshot: Snapshot, since: int) -> npt.NDArray[np.int64]:
    """Keys of the users with an interaction at or after `since` (microseconds), the most recent first.

    Equal times go by key, so that two calls over the same log give the same order.
    """
    base, tail = snapshot.base, snapshot.tail
    last = np.full(max(base.users, int(tail.users.max()) + 1 if len(tail) else 0), np.iinfo(np.int64).min)
    known = np.flatnonzero(np.diff(base.indptr))
    last[known] = base.rows.at[base.indptr[known + 1] - 1]
    np.maximum.at(last, tail.users, tail.at)
    if snapshot.dead_users:
        dead = np.fromiter(snapshot.dead_users, np.int64)
        last[dead[dead < len(last)]] = np.iinfo(np.int64).min
    users = np.flatnonzero(last >= since)
    return users[np.lexsort((users, -last[users]))]
