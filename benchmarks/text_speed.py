"""What answers about texts cost: every head of the text model, beside VADER, TextBlob and one BERT-base a question.

`python -m benchmarks text_speed [--text-peers-python PYTHON]`

All in one run, on texts of our own of about 20 tokens. VADER and TextBlob answer one question (sentiment) and are run
by a Python of their own, for which `python -m venv var/text-peers && var/text-peers/bin/pip install
vaderSentiment==3.3.2 textblob==0.19.0` is enough; without one their lines are left out. The BERT-base has random
weights, which take as long as any, and is run by ONNX Runtime as ours is, in floats; it too answers one question. The
*bare encoder* answers none: a MiniLM-L6 with random weights in the integers of ONNX Runtime's `quantize_dynamic`, fed
with as many token ids as the texts have, so that figures of two machines can be compared by what each needs for it.
Cold start and memory are those of a fresh process that answers one text. Products of numpy run on one thread, as they
do in the service; many texts go through its queue as a job's do, and a run takes two cores where it is the only one.
Ours and the bare encoder take turns, five times; medians. The bare one has a core for one text, since it is what one
core needs for it that tells machines apart.
"""

import asyncio
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.results_file import write
from socialflow.inference.onnx import open_session
from socialflow.kit.answers import Tier
from socialflow.moderation.gather.service import READ
from socialflow.text.analyser import Analyser, bundled
from socialflow.text.bundle import PACKAGED, read_bundle
from socialflow.text.encoder import Encoder
from socialflow.text.service import TextService
from socialflow.training.text.export import encoder_graph
from socialflow.training.text.shape import Shape

PEERS_PYTHON = Path(__file__).parents[1] / "var" / "text-peers" / "bin" / "python"
TEXTS = (
    "Honestly the best ramen I have had in this city, thank you @maria for taking me there!",
    "My phone died after two days and support still has not answered, what a waste of money.",
    "Can anyone tell me how to export the video without the watermark on the free plan?",
    "New personal record today: ten kilometres in under fifty minutes, my legs are jelly now.",
)
_ROUNDS = 5
"""Times that each is measured, in turns."""
_ONE_BY_ONE, _TOGETHER, _OF_BERT, _AT_ONCE = 100, 1024, 40, 48
_BERT = Shape(vocabulary=30_522, width=768, layers=12, heads=12, inner=3072, positions=512)
_MINI = Shape(vocabulary=30_522, width=384, layers=6, heads=12, inner=1536, positions=512)
COLD = r"""
import time; begun = time.perf_counter()
from socialflow.inference.onnx import open_session
from socialflow.kit.answers import Tier
from socialflow.text.analyser import bundled
from socialflow.text.bundle import PACKAGED, read_bundle
from socialflow.text.encoder import Encoder
model = bundled()
model.analyse(["A first text"], model.questions, [[(2, 7)]])
took = time.perf_counter() - begun
import json, re
peak = re.search(r"VmHWM:\s+(\d+)", open("/proc/self/status").read())[1]
print(json.dumps({"seconds": round(took, 3), "mb": round(int(peak) / 1024)}))
"""
PEER = """
import json, sys, time
texts = json.load(sys.stdin)
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer
from textblob import TextBlob
vader = SentimentIntensityAnalyzer()
ways = {"VADER": vader.polarity_scores, "TextBlob": lambda text: TextBlob(text).sentiment.polarity}
found = {}
for name, way in ways.items():
    way(texts[0])
    times = []
    for text in texts:
        begun = time.perf_counter(); way(text); times.append(time.perf_counter() - begun)
    found[name] = times
json.dump(found, sys.stdout)
"""


def run(peers_python: Path = PEERS_PYTHON) -> Path:
    """Measure and write `results/text_speed.json`."""
    with threadpool_limits(1, "blas"):
        return _run(peers_python)


def _run(peers_python: Path) -> Path:
    model = bundled()
    stretches: Sequence[Sequence[tuple[int, int]]] = [[(0, 10)]]
    ones = [TEXTS[place % len(TEXTS)] for place in range(_ONE_BY_ONE)]
    many = [TEXTS[place % len(TEXTS)] for place in range(_TOGETHER)]
    of_many = [name for name in model.questions if name != "aspect"]
    bare = _runner(_integers(_floats(_MINI)))
    every, sentiment, bare_alone = list[float](), list[float](), list[float]()
    together, bare_together = list[float](), list[float]()
    for _ in range(_ROUNDS):
        every += _seconds(lambda text: model.analyse([text], model.questions, stretches), ones)
        sentiment += _seconds(lambda text: model.analyse([text], ["sentiment"]), ones)
        bare_alone += _seconds(bare, [(1, length) for length in _lengths(ones)])
        together += _seconds(lambda texts: asyncio.run(_served(model, texts, of_many)), [many], warm=False)
        bare_together += _seconds(lambda lengths: _together(bare, lengths), [_lengths(many)], warm=False)
    bert = _seconds(_runner(_floats(_BERT)), [(1, 20)] * _OF_BERT)
    report: dict[str, Any] = {
        "questions": len(model.questions),
        "every_question_ms": _figures(every),
        "sentiment_ms": _figures(sentiment),
        "texts_per_second_together": round(len(many) / median(together)),
        "cold": json.loads(subprocess.run([sys.executable, "-c", COLD], check=True, capture_output=True).stdout),
        "bert_base_one_question_ms": _figures(bert),
        "bare_encoder_ms": _figures(bare_alone),
        "bare_encoder_texts_per_second_together": round(len(many) / median(bare_together)),
    }
    report["every_question_of_bare_encoder"] = round(median(every) / median(bare_alone), 2)
    report["texts_together_of_bare_encoder"] = round(median(bare_together) / median(together), 2)
    report["every_question_of_one_bert_base"] = round(median(every) / median(bert), 3)
    if peers_python.exists():
        given = json.dumps(ones)
        done = subprocess.run([peers_python, "-c", PEER], input=given, stdout=subprocess.PIPE, text=True, check=True)
        for name, times in json.loads(done.stdout).items():
            report[f"{name}_one_question_ms"] = _figures(times)
            report[f"every_question_of_{name}"] = round(median(every) / median(times), 2)
    return write("text_speed", "python -m benchmarks text_speed", report)


async def _served(model: Analyser, texts: Sequence[str], questions: Sequence[str]) -> None:
    """As a job has texts analysed."""
    service = TextService(lambda: model)
    await service.analyse(texts, questions, turn=READ)
    await service.close()


def _lengths(texts: Sequence[str]) -> list[int]:
    """How many tokens each of some texts has."""
    readings = Encoder(read_bundle(PACKAGED, Tier.BUNDLED)).read(texts, [()] * len(texts))
    return [len(reading.windows[0].ids) for reading in readings]


def _together(run: Callable[[tuple[int, int]], object], lengths: Sequence[int]) -> None:
    """An encoder that runs batches of like length, as many beside each other as the service does."""
    ordered = sorted(lengths)
    batches = [ordered[first : first + _AT_ONCE] for first in range(0, len(ordered), _AT_ONCE)]
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(run, [(len(batch), batch[-1]) for batch in batches]))


def _runner(graph: bytes) -> Callable[[tuple[int, int]], object]:
    """Runs of an encoder on so many texts of so many tokens."""
    session = open_session(graph)

    def answered(shape: tuple[int, int]) -> object:
        ids = np.ones(shape, np.int64)
        return session.run(["hidden"], {"input_ids": ids, "attention_mask": ids})

    return answered


def _floats(shape: Shape) -> bytes:
    """An encoder with random weights."""
    return encoder_graph(_random(shape), shape)


def _integers(graph: bytes) -> bytes:
    """As ONNX Runtime's own tool makes it of one in floats, scales found anew for every batch."""
    from onnx import TensorProto
    from onnxruntime.quantization import QuantType, quantize_dynamic

    with tempfile.TemporaryDirectory() as folder:
        before, after = Path(folder) / "floats.onnx", Path(folder) / "integers.onnx"
        before.write_bytes(graph)
        quantize_dynamic(
            before, after, weight_type=QuantType.QInt8, extra_options={"DefaultTensorType": TensorProto.FLOAT}
        )
        return after.read_bytes()


def _random(shape: Shape) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)

    def drawn(*size: int) -> np.ndarray:
        return 0.02 * rng.standard_normal(size, np.float32)

    made = {
        "words.weight": drawn(shape.vocabulary, shape.width),
        "places.weight": drawn(shape.positions, shape.width),
    }
    norms = ["first"]
    for number in range(shape.layers):
        name = f"layers.{number}"
        norms += [f"{name}.after_attention", f"{name}.after_all"]
        sizes = (("inward", 3 * shape.width, shape.width), ("outward", shape.width, shape.width))
        for part, out, into in (*sizes, ("up", shape.inner, shape.width), ("down", shape.width, shape.inner)):
            made |= {f"{name}.{part}.weight": drawn(out, into), f"{name}.{part}.bias": drawn(out)}
    for name in norms:
        made |= {f"{name}.weight": np.ones(shape.width, np.float32), f"{name}.bias": drawn(shape.width)}
    return made


def _seconds(asked: Callable[[Any], object], given: Sequence[Any], *, warm: bool = True) -> list[float]:
    if warm:
        asked(given[0])
    found = []
    for one in given:
        begun = perf_counter()
        asked(one)
        found.append(perf_counter() - begun)
    return found


def _figures(seconds: Sequence[float]) -> dict[str, float]:
    return {"p50": round(1000 * median(seconds), 3), "p95": round(1000 * quantiles(seconds, n=20)[-1], 3)}
