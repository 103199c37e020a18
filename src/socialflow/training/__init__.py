"""Fits, protocols and the gate: from a hashed snapshot to a candidate version."""
