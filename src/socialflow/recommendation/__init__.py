"""Recommend: sources, filters, scores, selection, over the user's history at request time."""
