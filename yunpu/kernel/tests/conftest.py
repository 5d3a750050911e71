"""Property tests run without a deadline: two cores share many tests, and a slow moment is no fault."""

from hypothesis import settings

settings.register_profile("kernel", deadline=None)
settings.load_profile("kernel")
