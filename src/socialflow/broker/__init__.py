"""Celery: the engine that brings jobs to worker processes. It carries ids; the store holds the jobs."""
