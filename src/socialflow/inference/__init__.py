"""Running models inside the server: bounded lanes."""
