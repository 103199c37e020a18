"""Key phrases of news texts beside YAKE and plain frequency, on 500N-KPCrowd.

`python -m benchmarks keywords [--shared DIR] [--yake-python PYTHON]`

F1@10 of each document, averaged: the ten best phrases against all that people marked, equal where their words are equal
in lower case and stemmed (Porter); forms that become equal count once. The documents are cut in halves by a fixed seed;
the constants of `socialflow.analysis.keywords` were chosen on the first, the figures are of the second. YAKE has its
defaults at every length of phrase; it is run by a Python of its own, for which
`python -m venv var/yake && var/yake/bin/pip install yake==0.7.3` is enough; without one its lines are left out.
"""

import json
import random
import re
import subprocess
import zipfile
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.results_file import write
from socialflow.analysis.keywords import extract
from socialflow.evaluation.bootstrap import mean_interval
from socialflow.text.stems import stem
from socialflow.text.stopwords import stop_words

YAKE_PYTHON = Path(__file__).parents[1] / "var" / "yake" / "bin" / "python"
ARCHIVE = Path("data/text/keyphrase_500n/500N-KPCrowd-v1.1.zip")
LIMIT, LONGEST = 10, (1, 2, 3)
YAKE = """
import json, sys, yake
texts = json.load(sys.stdin)
found = {}
for longest in (1, 2, 3):
    model = yake.KeywordExtractor(lan="en", n=longest, top=20)
    found[longest] = [[phrase for phrase, _ in model.extract_keywords(text)] for text in texts]
json.dump(found, sys.stdout)
"""
_WORD = re.compile(r"\w+(?:['’-]\w+)*")


def run(shared: Path, yake_python: Path = YAKE_PYTHON) -> Path:
    """Measure and write `results/keywords.json`."""
    texts, marked = documents(shared / ARCHIVE)
    order = list(range(len(texts)))
    random.Random(0).shuffle(order)
    held = order[len(texts) // 2 :]
    found: dict[str, Sequence[Sequence[str]]] = {"most frequent words": [frequent(texts[row]) for row in held]}
    for longest in LONGEST:
        found[f"ours, {longest}"] = [[one.text for one in extract(texts[row], LIMIT, longest)] for row in held]
    if yake_python.exists():
        given = json.dumps([texts[row] for row in held])
        done = subprocess.run([yake_python, "-c", YAKE], input=given, stdout=subprocess.PIPE, text=True, check=True)
        found |= {f"YAKE, {longest}": lists for longest, lists in json.loads(done.stdout).items()}
    values = {
        name: np.array([f1(lists[place], marked[row]) for place, row in enumerate(held)])
        for name, lists in found.items()
    }
    report: dict[str, Any] = {"documents": len(held)}
    report["f1_at_10"] = {name: round(float(of.mean()), 4) for name, of in values.items()}
    report["phrases_of_several_words"] = {
        name: round(float(np.mean([sum(" " in one for one in row[:LIMIT]) for row in lists])), 2)
        for name, lists in found.items()
    }
    ours = values[f"ours, {max(LONGEST)}"]
    report["ours_3_over"] = {
        name: [round(end, 4) for end in mean_interval(ours - other)]
        for name, other in values.items()
        if not name.startswith("ours")
    }
    return write("keywords", "python -m benchmarks keywords", report)


def documents(archive: Path) -> tuple[list[str], list[frozenset[str]]]:
    """Texts, and the forms of what people marked in each."""
    with zipfile.ZipFile(archive) as opened:
        files = {Path(name).name: name for name in opened.namelist()}
        names = sorted(Path(name).stem for name in files if name.endswith(".key"))
        texts = [opened.read(files[f"{name}.txt"]).decode("utf-8") for name in names]
        marked = [opened.read(files[f"{name}.key"]).decode("utf-8").splitlines() for name in names]
    return texts, [frozenset(forms(phrases)) for phrases in marked]


def forms(phrases: Iterable[str]) -> list[str]:
    """Phrases in lower case and stemmed, each once, in order.

    >>> forms(["Running Shoes", "running shoe", "!"])
    ['run shoe']
    """
    stemmed = (" ".join(stem(word) for word in _WORD.findall(phrase.lower())) for phrase in phrases)
    return [form for form in dict.fromkeys(stemmed) if form]


def frequent(text: str) -> list[str]:
    """The most frequent words that are no function words, earlier ones first among equals."""
    words = (word for word in _WORD.findall(text.lower()) if word not in stop_words("en") and len(word) > 2)
    counts = Counter(word for word in words if word[0].isalpha())
    return [word for word, _ in counts.most_common(2 * LIMIT)]


def f1(found: Sequence[str], marked: frozenset[str]) -> float:
    """Harmonic mean of precision and recall of the ten best."""
    best = forms(found)[:LIMIT]
    return 2 * sum(form in marked for form in best) / (LIMIT + len(marked))
