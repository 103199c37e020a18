"""Names of a package that are loaded when they are first asked for, so that importing the package costs nothing."""

from collections.abc import Callable, Mapping
from importlib import import_module


def lazily(package: str, homes: Mapping[str, str]) -> Callable[[str], object]:
    """The `__getattr__` (PEP 562) of a package; `homes` tells where names live: name -> "module:attribute".

    >>> lazily("collections", {"Map": "abc:Mapping"})("Map") is Mapping
    True
    """

    def load(name: str) -> object:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        module, _, attribute = homes[name].partition(":")
        return getattr(import_module(f"{package}.{module}"), attribute)

    return load
