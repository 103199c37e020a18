"""Running models inside the server: graphs by runtime, models held in memory, bounded lanes."""
