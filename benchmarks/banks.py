"""Hash banks: a million hashes of pictures, a hundred thousand texts, and texts found again in disguise.

`python -m benchmarks banks [--shared DIR]`

Pictures: hashes drawn at random (real ones are less even: pieces that many have make more candidates), stored and asked
through the service over an embedded store; half of the questions are entries with up to 20 bits the other way, and
every question tries eight ways to turn the picture. Beside it, comparing with all rows. `milliseconds` go by the clock,
which whatever else runs slows; `processor_milliseconds` are what was worked.

Texts: the bank is public comments, tweets and headlines; texts are asked again after an edit each, a typo (a letter
left out, doubled, changed or swapped with the next) every 20 letters where there are typos. The similarity was chosen
on other texts (GoEmotions, training part), as the least of which at most one unrelated text in a thousand matches. The
unrelated texts are GoEmotions' other parts. Texts of so few letters that only the very same is found are left out.
"""

import asyncio
import csv
import io
import json
import lzma
import random
import resource
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from time import perf_counter, process_time

import numpy as np

from benchmarks.results_file import write
from socialflow.image.hamming import distances_of_all
from socialflow.image.pdq import Pdq
from socialflow.kit.clock import SystemClock
from socialflow.moderation.banks.pictures import turned
from socialflow.moderation.banks.records import BankKind, Many, NewEntry, Print, Purpose, Thresholds
from socialflow.moderation.banks.service import HashBanks
from socialflow.moderation.banks.texts import FEW, TextIndex, print_of, shingles_in
from socialflow.storage.maintenance import upgrade
from socialflow.storage.unit_of_work import Store

HASHES, TEXTS = 1_000_000, 100_000
ASKED, UNRELATED = 1_000, 5_000
SIMILARITIES = (0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.7)
MOST_FALSE = 0.001
_EMOJI = "\U0001f525\U0001f602\u2764\U0001f62d\U0001f44d\U0001f389"
_LOOKALIKE = str.maketrans("aeopcxyis", "аеорсхуіѕ")
_FIGURES = str.maketrans("oieast", "013457")
Edit = Callable[[str, random.Random], str]


def run(shared: Path) -> Path:
    """Measure and write `results/banks.json`."""
    report: dict[str, object] = {"pictures": asyncio.run(pictures())}
    chosen, others = texts_of(shared)
    report["texts"] = {
        "chosen_on": disguises(chosen[0], chosen[1], TEXTS // 4),
        "measured_on": disguises(others[0], others[1], TEXTS),
        "similarity": Thresholds().similarity,
    }
    report["text_questions"] = asyncio.run(text_questions(others[0], others[1]))
    return write("banks", "python -m benchmarks banks", report)


async def pictures(count: int = HASHES) -> dict[str, object]:
    """A million hashes: stored, read, asked."""
    rng = np.random.default_rng(0)
    known = rng.integers(0, 256, (count, 32), np.uint8)
    with tempfile.TemporaryDirectory() as folder:
        banks, store = opened(Path(folder))
        try:
            bank = await banks.create("million", BankKind.PICTURE, Purpose.BLOCK)
            began = perf_counter()
            stored = await banks.bulk(bank.id, Many(known, np.full(count, 90, np.uint8)))
            spent = {"store": perf_counter() - began}
            questions = [asked(known, rng, place) for place in range(ASKED)]
            began = perf_counter()
            await banks.match_picture(questions[1][0], record=False)
            spent["read_and_index"] = perf_counter() - began
            found = wrong = 0
            times, spent_cpu = list[float](), list[float]()
            for hashed, row in questions:
                began, worked = perf_counter(), process_time()
                looked = await banks.match_picture(hashed, record=False)
                times.append(perf_counter() - began)
                spent_cpu.append(process_time() - worked)
                hit = any(match.distance is not None for match in looked.matches)
                found += row is not None and hit
                wrong += row is None and hit
            began = perf_counter()
            await banks.add(bank.id, [NewEntry(Print(BankKind.PICTURE, bytes(32), 90))])
            fresh = await banks.match_picture(Pdq(bytes(32), 90), record=False)
            spent["add_one_and_find_it"] = perf_counter() - began
        finally:
            await banks.close()
            await store.close()
    all_rows = []
    for hashed, _ in questions[:5]:
        worked = process_time()
        distances_of_all(turned(hashed), known)
        all_rows.append(process_time() - worked)
    return {
        "hashes": stored.stored,
        "questions": ASKED,
        "known_found": found,
        "of_known": sum(row is not None for _, row in questions),
        "unknown_found": wrong,
        "found_at_once_after_adding": len(fresh.matches) > 0,
        "milliseconds": spread(times),
        "processor_milliseconds": spread(spent_cpu),
        "all_rows_processor_milliseconds": round(1000 * float(np.median(all_rows)), 1),
        "less_than_all_rows": round(float(np.median(all_rows) / np.median(spent_cpu)), 1),
        "seconds": {name: round(value, 2) for name, value in spent.items()},
        "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def asked(known: np.ndarray, rng: np.random.Generator, place: int) -> tuple[Pdq, int | None]:
    """A question: every second one an entry with up to 20 bits the other way."""
    if place % 2 == 0:
        return Pdq(rng.integers(0, 256, 32, np.uint8).tobytes(), 90), None
    row = int(rng.integers(len(known)))
    bits = np.unpackbits(known[row])
    bits[rng.choice(256, int(rng.integers(21)), replace=False)] ^= 1
    return Pdq(np.packbits(bits).tobytes(), 90), row


def opened(folder: Path) -> tuple[HashBanks, Store]:
    """Banks over a new embedded store."""
    url = f"sqlite:///{folder}/banks.db"
    upgrade(url)
    store = Store(url)
    return HashBanks(store, SystemClock()), store


def texts_of(shared: Path) -> tuple[tuple[list[str], list[str]], tuple[list[str], list[str]]]:
    """Texts of a bank and unrelated ones, to choose on and to measure on."""
    root = shared / "data" / "text"
    emotions = {part: column(root / f"goemotions/original/{part}.tsv.xz") for part in ("train", "dev", "test")}
    comments = [row["Comment"] for row in table(root / "youtube_comment_sentiment/comments.csv.xz")]
    tweets = column(root / "tweeteval/sentiment/semeval2013-2016_pool.tsv.xz", -1)
    tweets += column(root / "tweeteval/sentiment/train_text.txt.xz")
    headlines = [
        json.loads(line)["headline"]
        for path in (root / "news_headlines_sarcasm").glob("*.json.xz")
        for line in lzma.decompress(path.read_bytes()).decode().splitlines()
    ]
    train = emotions["train"]
    rest = emotions["dev"] + emotions["test"]
    return (train[: TEXTS // 4], train[TEXTS // 4 :]), (comments + tweets + headlines, rest)


def column(path: Path, number: int = 0) -> list[str]:
    """A column of a file without a head line; none where there is no file."""
    if not path.exists():
        return []
    with lzma.open(path, "rt", encoding="utf-8") as lines:
        return [line.rstrip("\n").split("\t")[number] for line in lines]


def table(path: Path) -> list[dict[str, str]]:
    """A CSV file with a head line."""
    return list(csv.DictReader(io.StringIO(lzma.open(path, "rt", encoding="utf-8", newline="").read())))


def kept(texts: Sequence[str], most: int) -> tuple[list[str], list[bytes]]:
    """Texts that are long enough, each once, and what is kept of them."""
    found: dict[bytes, str] = {}
    for text in texts:
        made = print_of(text)
        if made is not None and made.payload is not None and len(shingles_in(made.payload)[1]) >= FEW:
            found.setdefault(made.payload, text)
        if len(found) == most:
            break
    return list(found.values()), list(found)


def disguises(banked: Sequence[str], unrelated: Sequence[str], most: int) -> dict[str, object]:
    """Recall by edit and false matches by similarity."""
    texts, payloads = kept(banked, most)
    others, strangers = kept(unrelated, UNRELATED)
    index = TextIndex()
    index.extend(payloads)
    index.settle()
    rng = random.Random(0)
    rows = rng.sample(range(len(texts)), min(ASKED, len(texts)))
    recall = {name: recalled(index, texts, rows, edit) for name, edit in EDITS.items()}
    best = [max((found[1] for found in index.search(one, SIMILARITIES[0])), default=0.0) for one in strangers]
    false = {str(least): sum(one >= least for one in best) for least in SIMILARITIES}
    good = [least for least in SIMILARITIES if false[str(least)] <= MOST_FALSE * len(strangers)]
    pairs = sorted(zip(best, others, strict=True), reverse=True)
    return {
        "bank": len(texts),
        "asked": len(rows),
        "recall": recall,
        "unrelated": len(strangers),
        "false": false,
        "nearly_the_same": sum(one >= 0.9 for one, _ in pairs),
        "least_similarity": good[0] if good else None,
    }


def recalled(index: TextIndex, texts: Sequence[str], rows: Sequence[int], edit: Edit) -> Mapping[str, float]:
    """Share of texts found again after an edit, by similarity."""
    rng = random.Random(1)
    shares = []
    for row in rows:
        made = print_of(edit(texts[row], rng))
        found = [] if made is None or made.payload is None else index.search(made.payload, SIMILARITIES[0])
        shares.append(max((one[1] for one in found if one[0] == row), default=0.0))
    return {str(least): round(float(np.mean(np.array(shares) >= least)), 4) for least in SIMILARITIES}


async def text_questions(banked: Sequence[str], unrelated: Sequence[str]) -> dict[str, object]:
    """How long a text's question takes beside a hundred thousand."""
    texts, payloads = kept(banked, TEXTS)
    with tempfile.TemporaryDirectory() as folder:
        banks, store = opened(Path(folder))
        try:
            bank = await banks.create("texts", BankKind.TEXT, Purpose.BLOCK)
            for first in range(0, len(texts), 5_000):
                made = [print_of(text) for text in texts[first : first + 5_000]]
                await banks.add(bank.id, [NewEntry(one) for one in made if one is not None])
            rng = random.Random(2)
            questions = [typos(text, rng) for text in rng.sample(texts, ASKED // 2)]
            questions += rng.sample(list(unrelated), ASKED // 2)
            began = perf_counter()
            await banks.match_text(questions[0], record=False)
            read = perf_counter() - began
            times, spent_cpu = list[float](), list[float]()
            for question in questions:
                began, worked = perf_counter(), process_time()
                await banks.match_text(question, record=False)
                times.append(perf_counter() - began)
                spent_cpu.append(process_time() - worked)
        finally:
            await banks.close()
            await store.close()
    return {
        "texts": len(payloads),
        "questions": len(questions),
        "milliseconds": spread(times),
        "processor_milliseconds": spread(spent_cpu),
        "read_and_index_seconds": round(read, 2),
    }


def spread(times: Sequence[float]) -> dict[str, float]:
    """Median and 99th percentile, milliseconds."""
    return {name: round(1000 * float(np.percentile(times, at)), 2) for name, at in (("p50", 50), ("p99", 99))}


def typos(text: str, rng: random.Random) -> str:
    """A typo every 20 letters, one at least."""
    marks = list(text)
    for _ in range(max(1, len(text) // 20)):
        place = rng.randrange(len(marks) - 1)
        one = rng.choice(("out", "twice", "other", "swap"))
        if one == "out":
            del marks[place]
        elif one == "twice":
            marks.insert(place, marks[place])
        elif one == "other":
            marks[place] = rng.choice("abcdefghijklmnopqrstuvwxyz")
        else:
            marks[place], marks[place + 1] = marks[place + 1], marks[place]
    return "".join(marks)


def _some(text: str, rng: random.Random, table: Mapping[int, int | str], share: float) -> str:
    return "".join(mark.translate(table) if rng.random() < share else mark for mark in text)


def _emoji(text: str, rng: random.Random) -> str:
    return " ".join(word + (rng.choice(_EMOJI) if rng.random() < 0.3 else "") for word in text.split()) + "\U0001f525"


def _all(text: str, rng: random.Random) -> str:
    return _emoji(_some(typos(text, rng), rng, _LOOKALIKE, 0.3), rng)


EDITS: Mapping[str, Edit] = {
    "as it is": lambda text, _rng: text,
    "capitals, no points": lambda text, _rng: text.upper().replace(".", ""),
    "emoji": _emoji,
    "letters of other scripts": lambda text, rng: _some(text, rng, _LOOKALIKE, 0.3),
    "figures for letters": lambda text, rng: _some(text, rng, _FIGURES, 0.3),
    "spaces between letters": lambda text, _rng: " ".join(text),
    "another link and name": lambda text, _rng: f"@somebody {text} https://example.org/abc",
    "three words more": lambda text, _rng: f"please read this {text}",
    "first quarter cut": lambda text, _rng: text[len(text) // 4 :],
    "typos": typos,
    "typos, emoji, other scripts": _all,
}
