"""How random tests draw: the same cases in every run, no time limit for one example, a line to repeat a failure."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "ringrift",
    deadline=None,  # the first example compiles
    derandomize=True,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("ringrift")
