"""Training as a job: `socialflow train` in a child process that is killed where the job must stop."""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence

from pydantic import Field, JsonValue

from socialflow.errors import InvalidInput, SocialflowError
from socialflow.jobs.work import Outcome, Run
from socialflow.kit.child import Ended, run_child
from socialflow.pipelines.job_config import JobConfig, read_config
from socialflow.training.config import load_config

COMMAND = (sys.executable, "-m", "socialflow")
REFUSED = 1
"""Exit code of a training whose candidate the gate refused."""

_STAGES: Mapping[str, tuple[int, int]] = {"reading interactions": (0, 15), "reading items": (15, 20)}
_FITTING = (20, 100)


class TrainConfig(JobConfig):
    """Configuration of `train_model`."""

    model: str = Field(description="Name of the model, like item_item.")
    settings: dict[str, JsonValue] = Field(default={}, description="As `--set`: its parameters, evaluation.x, gate.x.")
    promote: bool = Field(default=False, description="Make it the active version if the gate accepts it.")


class TrainModel:
    """Fits a model on the store's data and keeps it as a candidate.

    The result holds the version and the gate's verdict; a refused candidate is a result, not a failure.

    Args:
        env: the environment of the child: the settings of this installation.
        command: what starts the `socialflow` command.
    """

    def __init__(self, env: Mapping[str, str], command: Sequence[str] = COMMAND) -> None:
        self._env = env
        self._command = command

    async def __call__(self, run: Run) -> Outcome:
        """Train. Raises InvalidInput, and by their names the failures that the child names."""
        config = read_config(TrainConfig, run.job.config)
        overrides = [f"{key}={json.dumps(value)}" for key, value in config.settings.items()]
        load_config(config.model, None, overrides)  # says what is wrong before anything is read
        options = [word for text in overrides for word in ("--set", text)] + ["--promote"] * config.promote
        listener = _Listener(run)
        ended = await run_child(
            [*self._command, "train", config.model, "--events", "--json", *options], on_line=listener, env=self._env
        )
        if ended.code not in (0, REFUSED) or not ended.output:
            raise listener.failure or _crash(ended)
        return Outcome(_result(json.loads(ended.output)))


class _Listener:
    """Takes the child's events: progress for whoever watches the job, and the name of a failure."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self.failure: SocialflowError | None = None

    def __call__(self, line: str) -> bool:
        try:
            event = json.loads(line)
        except ValueError:
            return False
        if not isinstance(event, dict):
            return False
        if "error" in event:
            self.failure = _named(str(event["error"]))(str(event["detail"]))
        elif event.get("total"):
            first, last = _STAGES.get(str(event["stage"]), _FITTING)
            self._run.progress(int(first + (last - first) * event["done"] / event["total"]), 100)
        return True


def _named(code: str) -> type[SocialflowError]:
    """The class of a stable error code; its base class for one that is not known."""
    return next((kind for kind in _family(SocialflowError) if kind.code == code), SocialflowError)


def _family(kind: type[SocialflowError]) -> Iterator[type[SocialflowError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from _family(child)


def _crash(ended: Ended) -> Exception:
    last = "; ".join(ended.errors[-3:]) or "it said nothing"
    if ended.code == 2:
        return InvalidInput(last.removeprefix("error: "))
    return RuntimeError(f"training ended with exit code {ended.code}: {last}")


def _result(version: Mapping[str, object]) -> dict[str, object]:
    kept = ("name", "version", "reasons", "parameters", "metrics", "popularity", "data", "fit_seconds", "promoted")
    return {key: version[key] for key in kept} | {"accepted": version["state"] != "refused"}
