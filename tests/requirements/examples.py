"""Examples of the requirements, run as they are written but for their import lines."""

import ast
import inspect
from collections.abc import Mapping
from typing import Any

from tests.shared_data import SHARED


def run_blocking(example: str, imports: Mapping[str, str], names: Mapping[str, Any]) -> dict[str, Any]:
    """Run an example without a top-level `await`; returns the names it defined."""
    code, namespace = _compiled(example, imports, names)
    exec(code, namespace)
    return namespace


async def run(example: str, imports: Mapping[str, str], names: Mapping[str, Any]) -> dict[str, Any]:
    """Run an example, `await` included; returns the names it defined.

    Args:
        imports: what stands for each of its import lines; no other line may be replaced.
        names: what the example takes as given.
    """
    code, namespace = _compiled(example, imports, names)
    waiting = eval(code, namespace)
    if inspect.isawaitable(waiting):
        await waiting
    return namespace


def in_requirements(example: str, document: str) -> bool:
    """Whether the document holds the example, line by line; True where the documents are absent."""
    found = sorted((SHARED / "requirements").glob(f"{document}-*.md"))
    if not found:
        return True
    lines = [line.strip() for line in found[0].read_text(encoding="utf-8").splitlines()]
    wanted = [line.strip() for line in example.strip().splitlines()]
    return any(lines[start : start + len(wanted)] == wanted for start in range(len(lines)))


def _compiled(example: str, imports: Mapping[str, str], names: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
    text = inspect.cleandoc(example)
    for line, ours in imports.items():
        assert line.startswith(("from ", "import ")), line
        assert line in text.splitlines(), line
        text = text.replace(line, ours)
    return compile(text, "example", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT), dict(names)
