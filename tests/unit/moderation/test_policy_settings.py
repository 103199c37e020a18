"""Settings and the default policy speak of the same thresholds."""

import pytest

from socialflow.moderation.policy.canonical import digest
from socialflow.moderation.policy.default import default_policy
from socialflow.settings import Settings
from socialflow.wiring.parts import policy_thresholds


def test_unset_they_change_nothing() -> None:
    assert digest(default_policy(policy_thresholds(Settings(_env_file=None)))) == digest(default_policy())


def test_set_they_are_the_policys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NSFW", "SPAM", "VIOLENCE", "HATE_SPEECH", "TOXICITY"):
        monkeypatch.setenv(f"ML_{name}_THRESHOLD", "0.55")
    policy = default_policy(policy_thresholds(Settings(_env_file=None)))
    assert [policy.thresholds[name] for name in ("nsfw", "spam", "violence", "hate_speech", "toxicity")] == [0.55] * 5
