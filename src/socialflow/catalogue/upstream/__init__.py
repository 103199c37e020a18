"""Models that others trained: cards that say what they are, and a store that fetches and checks their files."""
