"""The public sets, their terms, and what each of them says about which head."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path

from socialflow.errors import NotFound
from socialflow.training.text.heads import HEADS
from socialflow.training.text.overlap import key
from socialflow.training.text.readers.emotions import read_goemotions
from socialflow.training.text.readers.toxicity import read_hatexplain, read_jigsaw
from socialflow.training.text.readers.tweets import read_sentiment, read_tweets
from socialflow.training.text.records import Example, Head, PartName, Parts, in_columns

Reader = Callable[[Path, Head], Iterator[Example]]

TEST_SHARE, VALIDATION_SHARE = 0.2, 0.1


@dataclass(frozen=True, slots=True)
class Terms:
    """Under what terms a set may be used: the licence as its publishers state it.

    `is_open`: it states a licence that permits what is done here. `trains`: weights that ship may be trained on it.
    """

    licence: str
    is_open: bool
    trains: bool = True


_UNSTATED = Terms("none stated; tweets", is_open=False)

FOLDERS: Mapping[str, Terms] = {
    "goemotions": Terms("Apache-2.0", is_open=True),
    "hatexplain": Terms("MIT", is_open=True),
    "jigsaw_partial": Terms("CC0 1.0; comments under CC BY-SA 3.0", is_open=True),
    "tweeteval": _UNSTATED,
}
"""Terms by folder."""


@dataclass(frozen=True, slots=True)
class Source:
    """What one set says about one head.

    Parameters:
        name: begins with the set's folder.
        folder: where its files lie, within the folder of all sets.
        asked: the head's labels that the set knows about; None: all.
    """

    name: str
    folder: str
    head: str
    read: Reader
    asked: Sequence[str] | None = None

    @property
    def terms(self) -> Terms:
        """Those of its set."""
        return FOLDERS[self.name.split("/")[0]]


def _tweets(task: str, head: str) -> Source:
    return Source(f"tweeteval/{task}", f"tweeteval/{task}", head, read_tweets)


SETS: Mapping[str, Source] = {
    source.name: source
    for source in (
        _tweets("emoji", "emoji"),
        _tweets("emotion", "emotion_tone"),
        _tweets("hate", "hate"),
        _tweets("irony", "irony"),
        _tweets("offensive", "offensive"),
        Source("tweeteval/sentiment", "tweeteval/sentiment", "sentiment", read_sentiment),
        *(
            _tweets(f"stance/{topic}", f"stance_{topic}")
            for topic in ("abortion", "atheism", "climate", "feminist", "hillary")
        ),
        Source("goemotions/ekman", "goemotions/ekman", "emotion", read_goemotions),
        Source("jigsaw_partial", "jigsaw_partial", "toxicity", read_jigsaw),
        Source("hatexplain", "hatexplain", "hate_speech", read_hatexplain),
    )
}


def load(name: str, root: Path, *, seed: int = 0) -> Parts:
    """A set of `SETS`, divided as it was published, its texts as they stand in it.

    A set without a test part gives a fifth of its groups of rows to one, always the same; a set without a validation
    part then gives a tenth of what is left of train, by `seed`. `root` is the folder of all sets.

    Raises:
        NotFound: no such set.
        InvalidInput: a file is missing or holds something else.
    """
    source = SETS.get(name)
    if source is None:
        raise NotFound(f"no set {name!r}; there are {', '.join(sorted(SETS))}")
    head = HEADS[source.head]
    divided: dict[PartName, list[Example]] = {"train": [], "validation": [], "test": []}
    for example in _divided([*source.read(root / source.folder, head)], seed):
        divided[example.part].append(example)
    train, validation, test = (in_columns(head, rows, name, source.asked) for rows in divided.values())
    return Parts(train, validation, test)


def _divided(examples: Sequence[Example], seed: int) -> Iterator[Example]:
    published = {example.part for example in examples}
    for example in examples:
        group = example.group or key(example.text)
        if example.part != "train":
            yield example
        elif "test" not in published and _chance(f"test {group}") < TEST_SHARE:
            yield replace(example, part="test")
        elif "validation" not in published and _chance(f"validation {seed} {group}") < VALIDATION_SHARE:
            yield replace(example, part="validation")
        else:
            yield example


def _chance(word: str) -> float:
    """A number in [0, 1) that depends on nothing but the word."""
    return int.from_bytes(blake2b(word.encode(errors="surrogatepass"), digest_size=8).digest()) / 2.0**64
