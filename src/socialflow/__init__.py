"""Social Flow AI: recommend, moderate, understand and foresee for a social-video platform."""

__version__ = "0.1.0"
