"""Garbage collection of a process that serves or works for long."""

import gc

_YOUNG, _MIDDLE, _OLD = 10_000, 20, 20
"""Objects, and collections of the younger generation, after which each generation is gone through."""


def keep_loaded() -> None:
    """Spare what is loaded by now, which lives as long as the process, from every later collection, and collect less
    often: a batch makes thousands of records that live until it is stored, and going through them again and again finds
    nothing. To be called once, when the process is ready."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, _MIDDLE, _OLD)
