"""Social Flow AI: recommend, moderate, understand and foresee for a social-video platform.

`MLService` and `ml_service`, one ready to use, are loaded when they are first asked for.
"""

from socialflow.kit.lazy import lazily

__version__ = "0.1.0"

__getattr__ = lazily(__name__, {"MLService": "service:MLService", "ml_service": "service:ml_service"})
