"""Readers of the public forms in which recommendation data sets are published."""
