"""What the machine itself does to latencies: how long a thread that goes before all others is kept waiting."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

LONG_MS = 20.0
_PROBE = """
import json, os, sys, time
os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(10))
import signal
gaps = []
def end(*_):
    print(json.dumps(gaps)); sys.stdout.flush(); os._exit(0)
signal.signal(signal.SIGTERM, end)
while True:
    before = time.perf_counter()
    time.sleep(0.002)
    late = 1000 * (time.perf_counter() - before) - 2
    if late > 20:
        gaps.append(round(late))
"""


@contextmanager
def watched() -> Iterator[dict[str, object]]:
    """Fills the mapping it gives, at its end, with the stalls of over 20 ms met by a real-time thread that sleeps.

    Where no real-time thread is allowed the mapping says so.
    """
    found: dict[str, object] = {"longer_than_ms": LONG_MS, "stalls": None}
    command = [sys.executable, "-c", _PROBE]
    probe = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        yield found
    finally:
        probe.terminate()
        text = probe.communicate()[0]
        if text:
            gaps = json.loads(text)
            found |= {"stalls": len(gaps), "longest_ms": max(gaps, default=0)}
