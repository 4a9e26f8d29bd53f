"""Where a run was trained: what its last bits may depend on besides the run itself."""

from __future__ import annotations

import json
import platform
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_info

from experiments.version import __version__

PACKAGES = ("numpy", "scipy", "scikit-learn")
"""The libraries that training and the data sets compute with."""

PROJECT = "convergence-experiments"
"""This project, by the name in its pyproject.toml."""


@cache
def origin() -> str:
    """Return where this process trains, as canonical JSON.

    It has the versions of Python, of this project and of the libraries that training computes
    with, the system, the machine, its processor, the instructions that NumPy's functions use and
    the BLAS that it multiplies with. No name of a host or user, no path and no time, so that it is
    the same text in every process of a machine as long as nothing of this changes.
    """
    content = {
        "python": platform.python_version(),
        "packages": {PROJECT: __version__, **{name: _version(name) for name in PACKAGES}},
        "system": platform.platform(),
        "machine": platform.machine(),
        "processor": processor(),
        "simd": simd(),
        "blas": _blas(),
    }
    return json.dumps(content, sort_keys=True, separators=(",", ":"))


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "unknown"


def processor() -> str:
    """Return the name of the processor, as far as the system tells it."""
    try:  # the one place where Linux names the processor
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, ValueError, StopIteration, IndexError):
        return platform.processor() or platform.machine()


def simd() -> list[str]:
    """Return the sets of instructions that NumPy was built for, and those that it found besides.

    It chooses among its kernels by these; which were found depends on the processor, and on what
    NPY_DISABLE_CPU_FEATURES leaves out.
    """
    # An empty list is left out of what NumPy tells.
    told = np.show_config(mode="dicts").get("SIMD Extensions", {})
    return [*told.get("baseline", ()), *told.get("found", ())]


def _blas() -> list[dict[str, Any]]:
    """Return the library, its version and, of each that is known, the kernels it chose."""
    loaded = [pool for pool in threadpool_info() if pool.get("user_api") == "blas"]
    # SciPy may bring another one, which is there once some module of it was imported, in one
    # process but not in the next; nothing that trains multiplies with it. NumPy's own lies in the
    # folder numpy/.dylibs or numpy.libs; where there is but one for all, it lies elsewhere.
    beside = str(Path(np.__file__).resolve().parent)
    own = [pool for pool in loaded if pool.get("filepath", "").startswith(beside)]
    found = [
        {
            "library": pool.get("internal_api"),
            "version": pool.get("version"),
            "architecture": pool.get("architecture"),
        }
        for pool in own or loaded
    ]
    return found or [_built_with()]


def _built_with() -> dict[str, Any]:
    # What threadpoolctl does not know, such as Apple's Accelerate, NumPy was built to use.
    built = np.show_config(mode="dicts").get("Build Dependencies", {}).get("blas", {})
    return {"library": built.get("name"), "version": built.get("version"), "architecture": None}
