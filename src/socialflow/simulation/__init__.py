"""A simulated platform with known ground truth: for demos, load, bandits and off-policy checks.

`world` draws people, channels and items, `sessions` lets an old recommender show them day by day, `behaviour` holds the
true probabilities, `service` writes all of it into a store and the truth beside it. Everything is marked as simulated.
"""

from socialflow.simulation.behaviour import Behaviour
from socialflow.simulation.config import SimulationConfig
from socialflow.simulation.service import SimulationReport, simulate_into
from socialflow.simulation.truth import Truth, load_truth

__all__ = ["Behaviour", "SimulationConfig", "SimulationReport", "Truth", "load_truth", "simulate_into"]
