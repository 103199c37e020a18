"""Chains that cross domains: store to snapshot to fit to catalogue, and back to serving."""
