"""What every graph asks of its inputs, whatever runs it."""

from collections.abc import Mapping, Sequence

from socialflow.errors import InvalidInput
from socialflow.inference.records import Array, Tensor


def check_feeds(inputs: Sequence[Tensor], feeds: Mapping[str, Array]) -> None:
    """Raise InvalidInput unless `feeds` gives each input what it takes, and nothing else."""
    if set(feeds) != {tensor.name for tensor in inputs}:
        wanted = ", ".join(tensor.name for tensor in inputs)
        raise InvalidInput(f"the graph takes {wanted}, not {', '.join(sorted(feeds)) or 'nothing'}", field="feeds")
    for tensor in inputs:
        tensor.check(feeds[tensor.name])
