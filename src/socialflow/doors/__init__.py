"""The rim: each door translates one way of calling into use cases and back. Doors do not know each other."""
