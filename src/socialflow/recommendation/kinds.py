"""What a feed shows unless it is asked for something else."""

from socialflow.content.records import ItemKind

DEFAULT_KINDS = (ItemKind.VIDEO, ItemKind.POST)
"""Comments come only on demand."""
