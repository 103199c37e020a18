"""The ground truth of a simulation, saved apart from the platform that is made of it.

One `.npz` file of plain arrays (no pickled objects), and the parameters as JSON beside it.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import orjson

from socialflow.content.records import InteractionType
from socialflow.errors import ArtefactError, InvalidInput
from socialflow.simulation.behaviour import Behaviour, Floats, Ints, match
from socialflow.simulation.config import SimulationConfig
from socialflow.simulation.sessions import Exposures
from socialflow.simulation.vocabulary import TOPIC_NAMES
from socialflow.simulation.world import World

T = TypeVar("T", World, Exposures)


@dataclass(frozen=True, slots=True)
class Truth:
    """What really drives a simulated platform. Users, items and channels are numbers; `config` makes their ids."""

    config: SimulationConfig
    behaviour: Behaviour
    world: World
    exposures: Exposures

    def match(self, users: Ints, items: Ints, progress: float = 1.0) -> Floats:
        """True match 0..1 of pairs, at a share 0..1 of the simulated time (1: its end)."""
        return match(self.world.taste(users, progress), self.world.item_topics[items])

    def expected_watch(self, users: Ints, items: Ints, progress: float = 1.0) -> Floats:
        """Expected watched fraction of pairs, once examined."""
        return self.behaviour.watch_mean(self.match(users, items, progress), self.world.item_quality[items])

    def probability(self, kind: InteractionType, users: Ints, items: Ints, progress: float = 1.0) -> Floats:
        """P(act | examined) of pairs, for the kinds in `behaviour.actions`."""
        fit, quality = self.match(users, items, progress), self.world.item_quality[items]
        factor = self.behaviour.action(kind, fit, quality, self.world.item_virality[items])
        watch = self.behaviour.watch_mean(fit, quality)
        turned_away = kind in {InteractionType.HIDE, InteractionType.NOT_INTERESTED}
        return factor * ((1.0 - watch) if turned_away else watch)


def parameters_path(path: Path) -> Path:
    """Where the parameters stand that belong to a truth file."""
    return path.with_suffix(".json")


def save_parameters(path: Path, config: SimulationConfig, behaviour: Behaviour) -> None:
    """Write the parameters beside the truth file."""
    kept = {"config": config.as_json(), "behaviour": asdict(behaviour), "topics": TOPIC_NAMES}
    path.parent.mkdir(parents=True, exist_ok=True)
    parameters_path(path).write_bytes(orjson.dumps(kept, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS))


def load_parameters(path: Path) -> tuple[SimulationConfig, Behaviour]:
    """Read the parameters beside a truth file.

    Raises:
        ArtefactError: there are none, or they are of another form.
    """
    try:
        kept = orjson.loads(parameters_path(path).read_bytes())
        actions = {InteractionType(kind): tuple(numbers) for kind, numbers in kept["behaviour"]["actions"].items()}
        behaviour = {**kept["behaviour"], "watch": tuple(kept["behaviour"]["watch"]), "actions": actions}
        return SimulationConfig.from_json(kept["config"]), Behaviour(**behaviour)
    except (OSError, orjson.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError, InvalidInput) as wrong:
        raise ArtefactError(f"no usable parameters at {parameters_path(path)}: {wrong}") from wrong


def save_truth(path: Path, world: World, exposures: Sequence[Exposures]) -> None:
    """Write world and exposures (one part a day), all or nothing."""
    arrays: dict[str, Any] = {f"world_{one.name}": getattr(world, one.name) for one in fields(World)}
    for one in fields(Exposures):
        arrays[f"exposures_{one.name}"] = np.concatenate([getattr(part, one.name) for part in exposures])
    fresh = path.with_suffix(".new")
    with fresh.open("wb") as stream:
        np.savez(stream, allow_pickle=False, **arrays)
    fresh.replace(path)


def load_truth(path: Path) -> Truth:
    """Read a truth file and its parameters.

    Raises:
        ArtefactError: a file is missing, damaged or of another form.
    """
    config, behaviour = load_parameters(path)
    try:
        with np.load(path, allow_pickle=False) as kept:
            world, exposures = _part(World, kept, "world_"), _part(Exposures, kept, "exposures_")
    except (OSError, KeyError, ValueError, EOFError) as wrong:
        raise ArtefactError(f"no usable ground truth at {path}: {wrong}") from wrong
    return Truth(config, behaviour, world, exposures)


def _part(kind: type[T], kept: Any, prefix: str) -> T:
    return kind(**{one.name: kept[prefix + one.name] for one in fields(kind)})
