"""Content understanding across media: key phrases, topics, tags and interests."""
