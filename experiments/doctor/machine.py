"""The processor, what multiplies on it and with how many threads, and the memory."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator

import numpy as np
import psutil
from threadpoolctl import threadpool_info

from experiments.doctor.findings import Finding, in_bytes
from experiments.execution.origin import processor, simd
from experiments.processes import cores

THREADS = (
    "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS", "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS", "LOKY_MAX_CPU_COUNT",
)  # fmt: skip
"""The variables that bound the threads of a process, or its workers."""

LITTLE_MEMORY = 500_000_000
"""Bytes for each core: so much a worker takes with its libraries and a small data set."""


def machine() -> Iterator[Finding]:
    """Yield what trains, and how fast it may."""
    yield Finding("system", platform.platform())
    yield Finding("processor", f"{processor()}, {platform.machine()}")
    unused = np.show_config(mode="dicts").get("SIMD Extensions", {}).get("not found", ())
    lacking = f"; it lacks {' '.join(unused)}" if unused else ""
    yield Finding("SIMD of NumPy", f"{' '.join(simd()) or 'not told'}{lacking}")
    for pool in threadpool_info():
        kind = f"{pool.get('internal_api')} {pool.get('version') or 'of unknown version'}"
        if pool.get("user_api") == "blas":
            kind += f", kernels for {pool.get('architecture') or 'a processor that is not told'}"
        threads = pool.get("num_threads")
        name = {"blas": "BLAS", "openmp": "OpenMP"}.get(pool.get("user_api"), "threads of")
        yield Finding(name, f"{kind}, {threads} thread{'s' * (threads != 1)} in this process")
    yield from _variables()
    count = cores()
    told = "all of the machine" if count == os.cpu_count() else f"of {os.cpu_count()} it has"
    yield Finding("cores", f"{count} may be used ({told}); --jobs is at most that by default")
    memory = psutil.virtual_memory()
    short = memory.available < LITTLE_MEMORY * count
    advice = f"Choose --jobs {max(1, memory.available // LITTLE_MEMORY)}, or end other programs."
    free = f"{in_bytes(memory.available)} of {in_bytes(memory.total)} can be had"
    yield Finding("memory", free, advice if short else "")


def _variables() -> Iterator[Finding]:
    found = {name: os.environ[name] for name in THREADS if name in os.environ}
    if not found:
        yield Finding("threads' variables", "none is set; workers take one thread each")
    for name, value in found.items():
        fits = value.isdecimal() and int(value) > 0
        yield Finding(name, value, "" if fits else "Set it to a whole number, or remove it.")
