"""What holds for all tests."""

import os

# As in the workers. It must be set before NumPy is imported for the first time.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from hypothesis import settings

# The same examples on each machine and each time, and nothing written beside the code.
settings.register_profile("repeatable", derandomize=True, database=None, deadline=None)
settings.load_profile("repeatable")
