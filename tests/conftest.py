"""Settings of the whole suite."""

from hypothesis import settings

settings.register_profile("sosie", deadline=None)
settings.load_profile("sosie")
