"""Garbage collection of a process that is ready."""

import subprocess
import sys

PROGRAM = """
import gc
from socialflow.kit.garbage import keep_loaded
loaded = [[] for _ in range(1000)]
before = gc.get_threshold()[0]
keep_loaded()
assert gc.get_freeze_count() >= 1000 and gc.get_threshold()[0] > before and gc.isenabled()
class Ring: pass
import weakref
ring = Ring(); ring.own = ring; gone = weakref.ref(ring); del ring
gc.collect()
assert gone() is None
"""


def test_what_is_loaded_is_spared_and_what_is_dropped_later_is_still_collected() -> None:
    subprocess.run([sys.executable, "-c", PROGRAM], check=True)
