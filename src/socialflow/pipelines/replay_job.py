"""A policy tried on a long window of stored decisions, as batch work."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from pydantic import AwareDatetime, Field, StrictFloat, StrictInt

from socialflow.jobs.records import NewJob, PipelineType
from socialflow.jobs.work import Outcome, Run
from socialflow.kit.clock import Clock
from socialflow.moderation.policy.guard import Limits
from socialflow.moderation.policy.ports import Window
from socialflow.moderation.policy.records import DEFAULT_SCOPE
from socialflow.moderation.policy.service import TRIED_FOR, PolicyService
from socialflow.moderation.policy.telling import replayed
from socialflow.pipelines.job_config import JobConfig, read_config
from socialflow.pipelines.watching import watched

COUNTED = 100_000_000
"""Decisions beyond which progress is a guess."""

Share = StrictFloat | StrictInt
_USUAL = Limits()


class LimitsConfig(JobConfig):
    """Limits of `moderation.policy.guard`."""

    flips: Share = Field(default=_USUAL.flips, ge=0)
    new_rejections: Share = Field(default=_USUAL.new_rejections, ge=0)
    queue_growth: Share = Field(default=_USUAL.queue_growth, ge=0)
    unreadable: Share = Field(default=_USUAL.unreadable, ge=0)


class ReplayConfig(JobConfig):
    """Configuration of `replay_policy`; without a window, the last thirty days."""

    scope: str = Field(default=DEFAULT_SCOPE, min_length=1, max_length=160)
    version: int = Field(ge=1, lt=2**31)
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    limits: LimitsConfig = LimitsConfig()


class ReplayPolicy:
    """Does `replay_policy`; the result is what `moderation.policy.telling.replayed` tells."""

    def __init__(self, policies: PolicyService, clock: Clock) -> None:
        self._policies = policies
        self._clock = clock

    async def __call__(self, run: Run) -> Outcome:
        """Raises InvalidInput, PolicyNotFound, PolicyUnfit, StoreUnavailable."""
        config = read_config(ReplayConfig, run.job.config)
        until = config.until or self._clock.now()
        window = Window(config.scope, config.since or until - TRIED_FOR, until)
        total = max(1, await self._policies.spans(window, COUNTED))
        note = watched(run)
        told = await self._policies.replay(config.version, window, lambda done: note(min(done, total), total))
        limits = Limits(**config.limits.model_dump())
        return Outcome({"scope": config.scope, "version": config.version, **replayed(told, limits)})


def replay_job(version: int, window: Window, limits: Limits) -> NewJob:
    """The job; one at a time for the same version and window."""
    config: dict[str, Any] = {
        "scope": window.scope,
        "version": version,
        "since": _text(window.since),
        "until": _text(window.until),
        "limits": asdict(limits),
    }
    name = f"replay version {version} of {window.scope}"
    return NewJob(PipelineType.REPLAY_POLICY, name, config, dedup_key=f"{name} {config['since']} {config['until']}")


def _text(at: datetime) -> str:
    return at.isoformat()
