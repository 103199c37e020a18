"""What every detector over texts refuses at the door."""

from socialflow.errors import InvalidInput

LONGEST = 100_000
"""Characters of a text at most."""


def threshold_of(threshold: float) -> float:
    """The least score that counts. Raises InvalidInput where it is not above 0 and at most 1."""
    if not 0.0 < threshold <= 1.0:
        raise InvalidInput(f"a threshold is above 0 and at most 1, not {threshold}", field="threshold")
    return threshold


def readable(text: str, field: str = "text") -> str:
    """The text. Raises InvalidInput, naming `field`, where it has more than 100,000 characters."""
    if len(text) > LONGEST:
        raise InvalidInput(f"a text has at most {LONGEST} characters, not {len(text)}", field=field)
    return text
