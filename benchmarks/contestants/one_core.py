"""One core for every contestant. To be imported before NumPy, PyTorch and JAX, which read this."""

from __future__ import annotations

import os

os.environ["OMP_NUM_THREADS"] = "1"  # PyTorch, and most builds of BLAS
os.environ["OPENBLAS_NUM_THREADS"] = "1"
os.environ["MKL_NUM_THREADS"] = "1"
os.environ["VECLIB_MAXIMUM_THREADS"] = "1"  # the BLAS of macOS
# The threads of XLA, and so of JAX. Its flag --xla_cpu_multi_thread_eigen=false is what one finds
# advised, but products kept all cores busy with it, as measured with JAX 0.10.
os.environ["NPROC"] = "1"
