"""Moderating a chat while it is written: sessions, what is said within one, and what is told of it."""
