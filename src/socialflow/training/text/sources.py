"""The public sets and what each of them says about which head."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from hashlib import blake2b
from pathlib import Path

from socialflow.errors import NotFound
from socialflow.training.text.heads import HEADS, STANCE_TOPICS
from socialflow.training.text.overlap import key
from socialflow.training.text.readers import aspects, emotions, entities, intents, irony, spam, toxicity, tweets
from socialflow.training.text.records import Example, Head, PartName, Parts, in_columns
from socialflow.training.text.terms import Terms, terms_of

Reader = Callable[[Path, Head], Iterator[Example]]

TEST_SHARE, VALIDATION_SHARE = 0.2, 0.1


@dataclass(frozen=True, slots=True)
class Source:
    """What one set says about one head; how its labels map stands at its reader.

    Parameters:
        name: begins with the folder whose terms it is under.
        folder: where its files lie, within the folder of all sets.
        language: ISO 639-1.
        asked: the head's labels that the set knows about; None: all.
    """

    name: str
    folder: str
    head: str
    read: Reader
    language: str = "en"
    asked: Sequence[str] | None = None

    @property
    def terms(self) -> Terms:
        """Those of its set."""
        return terms_of(self.name)


def _same(name: str, head: str, read: Reader, language: str = "en", asked: Sequence[str] | None = None) -> Source:
    """A set named like its folder."""
    return Source(name, name, head, read, language, asked)


def _in(folder: str, name: str, head: str, read: Reader, language: str = "en") -> Source:
    """One of several sets of a folder."""
    return Source(f"{folder}/{name}", folder, head, read, language)


_MLMA = {"en": "en_dataset_with_stop_words.csv", "fr": "fr_dataset.csv", "ar": "ar_dataset.csv"}
_XLMT = {
    "arabic": "ar", "english": "en", "french": "fr", "german": "de", "hindi": "hi", "italian": "it",
    "portuguese": "pt", "spanish": "es",
}  # fmt: skip
_BTC: Mapping[PartName, str] = {"train": "btc.train", "validation": "btc.dev", "test": "btc.test"}
_WNUT: Mapping[PartName, str] = {"train": "wnut17train.conll", "test": "emerging.dev.conll"}
_LAPTOPS: Mapping[PartName, str] = {"train": "Laptops_Train.xml.seg", "test": "Laptops_Test_Gold.xml.seg"}
_RESTAURANTS: Mapping[PartName, str] = {"train": "Restaurants_Train.xml.seg"}
_ACL14: Mapping[PartName, str] = {"train": "train.raw", "test": "test.raw"}
_SUBSET = "jigsaw_subset_lowercased.csv"
_SWAPPED, _NATURAL = "toxicity_fuzzed_testset.csv", "toxicity_nonfuzzed_testset.csv"

SETS: Mapping[str, Source] = {
    source.name: source
    for source in (
        # Toxic, hateful, offensive, unwanted
        _in("jigsaw_partial", "subset", "toxicity", partial(toxicity.read_jigsaw, name=_SUBSET)),
        _in("jigsaw_partial", "sample", "toxicity", toxicity.read_jigsaw_sample),
        _same("told_br", "toxicity", toxicity.read_told_br, "pt"),
        _in("unintended_bias", "madlibs", "toxicity", toxicity.read_madlibs),
        _in("unintended_bias", "swapped", "toxicity", partial(toxicity.read_swapped, name=_SWAPPED)),
        _in("unintended_bias", "natural", "toxicity", partial(toxicity.read_swapped, name=_NATURAL)),
        _same("toxic_spans", "toxic_spans", toxicity.read_toxic_spans),
        _same("tweeteval/hate", "hate", tweets.read_tweets),
        *(
            _in("mlma_hate", language, "hate", partial(toxicity.read_mlma, name=name), language)
            for language, name in _MLMA.items()
        ),
        _same("indonesian_hate", "hate", toxicity.read_indonesian, "id"),
        _same("hatexplain", "hate_speech", toxicity.read_hatexplain),
        _same("davidson2017", "hate_speech", toxicity.read_davidson),
        _same("korean_hate", "hate_speech", toxicity.read_korean, "ko"),
        _same("tweeteval/offensive", "offensive", tweets.read_tweets),  # olid is the same data
        _same("germeval2018", "offensive", toxicity.read_germeval, "de"),
        _same("sms_spam", "spam", spam.read_sms),
        _same("youtube_spam", "spam", spam.read_youtube_spam),
        # Felt
        _same("tweeteval/sentiment", "sentiment", tweets.read_sentiment),
        *(
            _same(f"xlmt_sentiment/{name}", "sentiment", tweets.read_tweets, language)
            for name, language in _XLMT.items()
        ),
        _same("youtube_comment_sentiment", "sentiment", tweets.read_videos),
        _same("goemotions/ekman", "emotion", emotions.read_goemotions),
        _same("tweeteval/emotion", "emotion_tone", tweets.read_tweets),
        _same("tweeteval/irony", "irony", tweets.read_tweets),
        _in("isarcasmeval", "en", "irony", partial(irony.read_isarcasm, name="train.En.csv", text="tweet")),
        _in("isarcasmeval", "ar", "irony", partial(irony.read_isarcasm, name="train.Ar.csv", text="text"), "ar"),
        _same("news_headlines_sarcasm", "irony", irony.read_headlines),
        _same("tweeteval/emoji", "emoji", tweets.read_tweets),
        *(_same(f"tweeteval/stance/{topic}", f"stance_{topic}", tweets.read_tweets) for topic in STANCE_TOPICS),
        # Meant
        _same("clinc150", "intent", intents.read_clinc),
        _same("politeness_requests", "intent", intents.read_requests),
        _same("imperatives", "intent", intents.read_imperatives),
        _same("complaints_twitter", "intent", intents.read_complaints),
        _same("goemotions/original", "intent", intents.read_goemotions_intent),
        _same("suggestions_semeval2019", "intent", intents.read_suggestions),
        _same("swda", "intent", intents.read_switchboard),
        _same("dailydialog_part", "intent", intents.read_dialogues),
        # Spoken of
        _same("wnut17", "entities", partial(entities.read_conll, parts=_WNUT)),
        _same(
            "broad_twitter_corpus",
            "entities",
            partial(entities.read_conll, parts=_BTC),
            asked=("PER", "LOC", "ORG"),
        ),
        _in("absa", "laptops", "aspect", partial(aspects.read_marked, parts=_LAPTOPS)),
        _in("absa", "restaurants", "aspect", partial(aspects.read_marked, parts=_RESTAURANTS)),
        Source("absa/twitter", "absa/acl14_twitter", "aspect", partial(aspects.read_marked, parts=_ACL14)),
        Source("absa/mams", "absa/MAMS-ATSA", "aspect", aspects.read_mams),
    )
}
"""Sets by name. Those whose terms bar them from training stand in it with what they measure."""


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
        raise no_set(name)
    head = HEADS[source.head]
    divided: dict[PartName, list[Example]] = {"train": [], "validation": [], "test": []}
    for example in _divided([*source.read(root / source.folder, head)], seed):
        divided[example.part].append(example)
    train, validation, test = (in_columns(head, rows, name, source.asked) for rows in divided.values())
    return Parts(train, validation, test)


def no_set(name: str) -> NotFound:
    """What is raised for a name that no set of `SETS` has."""
    return NotFound(f"no set {name!r}; there are {', '.join(sorted(SETS))}")


def _divided(examples: Sequence[Example], seed: int) -> Iterator[Example]:
    published = {example.part for example in examples}
    if published == {"test"} or {"validation", "test"} <= published:
        yield from examples
        return
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
