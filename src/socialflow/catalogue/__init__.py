"""Versions of trained artefacts on disk: manifests, digests, aliases; nothing here can execute what it stores."""
