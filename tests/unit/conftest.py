"""What all unit tests share: no secrets from the outside, and the same examples in every run."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "unit",
    database=None,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("unit")
