"""For all tests: a slow machine is no failure of a property."""

from hypothesis import settings

settings.register_profile("steady", deadline=None)
settings.load_profile("steady")
