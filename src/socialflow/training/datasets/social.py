"""Directories that tell who follows whom beside who took what."""

from dataclasses import dataclass, replace
from pathlib import Path

from socialflow.recommendation.interactions import Follows
from socialflow.training.datasets.files import find, two_columns
from socialflow.training.datasets.records import Pairs, RankingData
from socialflow.training.datasets.tables import read_table


@dataclass(frozen=True, slots=True)
class Layout:
    """Names of files, without the ending of a compression; no `test`: the set comes without a division."""

    train: str
    test: str | None
    follows: str


LAYOUTS = (
    Layout("data1.txt", "test1.txt", "trustnetwork.txt"),  # LastFM, as LightGCN divides it
    Layout("trainset.txt", "testset.txt", "trust.txt"),  # FilmTrust, as QRec divides it
    Layout("ratings.txt", None, "trusts.txt"),  # LastFM whole
    Layout("user_business.dat", None, "user_user.dat"),  # Yelp of HERec
)


def read_social(directory: Path) -> RankingData | None:
    """Interactions (whatever their rating), the published test part where there is one, and follows.

    None where the directory has none of the known layouts.

    Raises:
        InvalidInput: naming the file and the line.
    """
    for layout in LAYOUTS:
        train, follows = find(directory, layout.train), find(directory, layout.follows)
        test = None if layout.test is None else find(directory, layout.test)
        if train is None or follows is None or (test is None and layout.test is not None):
            continue
        data = replace(read_table(train), ordered=False, timed=False, ratings=None, follows=read_follows(follows))
        if test is None:
            return data
        asked = read_table(test).interactions
        return replace(data, test=Pairs(asked.users, asked.items))
    return None


def read_follows(path: Path) -> Follows:
    """Edges of a file of lines `user followed [weight]`."""
    return Follows(*two_columns(path, "a line names who follows and who is followed"))
