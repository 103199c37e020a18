"""Questions about media: what each has to be shown, and what it makes of what was found."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Generic, TypeVar

from socialflow.errors import InvalidInput
from socialflow.kit.answers import Answered, Status

S_contra = TypeVar("S_contra", contravariant=True)
M = TypeVar("M")
A = TypeVar("A")

Options = Mapping[str, Mapping[str, Any]]
"""Options of observers by name."""


class Question(ABC, Generic[S_contra]):
    """One question about what was seen."""

    name: ClassVar[str]

    @property
    @abstractmethod
    def watches(self) -> Options:
        """The observers it needs, with their options."""

    @abstractmethod
    def conclude(self, seen: S_contra) -> Answered:
        """What these observers' findings say."""


def watched_by(questions: Sequence[Question[Any]]) -> Options:
    """The observers that some questions need, each once. Raises InvalidInput where two want one of them differently."""
    needed: dict[str, Mapping[str, Any]] = {}
    for question in questions:
        for name, options in question.watches.items():
            if needed.setdefault(name, options) != options:
                raise InvalidInput(f"{question.name} wants {name} with other options; ask for it alone", field=name)
    return needed


def lacking_in(answers: Mapping[str, Answered]) -> tuple[str, ...]:
    """What answers lack, each under its name.

    >>> lacking_in({"objects": Answered(Status.ABSTAINED, ("model:yolox-nano-coco",), (), {})})
    ('objects:model:yolox-nano-coco',)
    """
    return tuple(f"{name}:{what}" for name, one in answers.items() for what in one.missing)


def status_of(answers: Mapping[str, Answered], missing: Sequence[str]) -> Status:
    """Complete where nothing is missing; abstained where every question that was asked is."""
    if not missing:
        return Status.COMPLETE
    return Status.ABSTAINED if {one.status for one in answers.values()} == {Status.ABSTAINED} else Status.PARTIAL


def chosen(names: Sequence[str] | None, table: Mapping[str, Callable[[M], A]], models: M, *, of: str) -> list[A]:
    """What is asked by name, each once; None: all there is. Raises InvalidInput for what there is not.

    >>> chosen(["b", "b"], {"a": str, "b": str.upper}, "models", of="a video")
    ['MODELS']
    """
    names = tuple(table) if names is None else names
    if unknown := [name for name in names if name not in table]:
        raise InvalidInput(f"{min(unknown)!r} is no analysis of {of}; ask for {', '.join(table)}", field="analyses")
    return [table[name](models) for name in dict.fromkeys(names)]
