"""How a network is trained: what all trainers share of their settings."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Course:
    """How long and how fast to learn. `patience`: rounds without a better quality after which learning ends."""

    epochs: int
    patience: int
    batch: int
    learning_rate: float
    seed: int
