"""Understand text: one encoding, every answer in one pass."""
