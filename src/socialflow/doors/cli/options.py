"""Options that belong together, as one dataclass in a command's signature."""

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from typing import Annotated, Any, TypeVar, get_type_hints

import typer

from socialflow.errors import InvalidInput

R = TypeVar("R")

Json = Annotated[bool, typer.Option("--json", help="Write one JSON document to standard output.")]


def grouped(command: Callable[..., R]) -> Callable[..., R]:
    """Show each field of a dataclass parameter as an option of its own.

    ::

        @app.command()
        @grouped
        def simulate(size: Size) -> None: ...     # --users, --items ... are fields of Size
    """
    hints = get_type_hints(command, include_extras=True)
    groups = {name: hint for name, hint in hints.items() if is_dataclass(hint) and isinstance(hint, type)}
    parameters: list[inspect.Parameter] = []
    for parameter in inspect.signature(command).parameters.values():
        if parameter.name in groups:
            parameters.extend(_options(groups[parameter.name]))
        else:
            parameters.append(parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY, annotation=hints[parameter.name]))

    @functools.wraps(command)
    def run(**given: Any) -> R:
        for name, group in groups.items():
            given[name] = group(**{field.name: given.pop(field.name) for field in fields(group)})
        return command(**given)

    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return run


def _options(group: type[Any]) -> list[inspect.Parameter]:
    hints = get_type_hints(group, include_extras=True)
    options = []
    for field in fields(group):
        default = field.default_factory() if field.default_factory is not MISSING else field.default
        options.append(
            inspect.Parameter(
                field.name,
                inspect.Parameter.KEYWORD_ONLY,
                default=inspect.Parameter.empty if default is MISSING else default,
                annotation=hints[field.name],
            )
        )
    return options


def pairs(texts: Sequence[str], option: str, example: str) -> Mapping[str, str]:
    """`key=value` texts as a mapping. Raises InvalidInput for a text without `=`, or a key given twice."""
    found: dict[str, str] = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals or not key:
            raise InvalidInput(f"{option} takes field=value, like {example}; not {text!r}", field=option)
        if key in found:
            raise InvalidInput(f"{option} names {key} twice", field=option)
        found[key] = value
    return found
