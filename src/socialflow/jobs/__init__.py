"""Durable work: what takes longer than a request is a row that is claimed, watched, repeated and cannot be lost."""
