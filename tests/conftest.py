"""What holds for all tests."""

from hypothesis import HealthCheck, settings

# How fast this machine makes examples, and runs one, says nothing about the code: other programs share it.
settings.register_profile("crumbless", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("crumbless")
