"""What every contestant may use of the processor. To be set before what computes is imported."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping

ONE_CORE = {
    "OMP_NUM_THREADS": "1",  # PyTorch, and most builds of BLAS
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",  # the BLAS of macOS
    # The threads of XLA, and so of JAX. Its flag --xla_cpu_multi_thread_eigen=false is what one
    # finds advised, but products kept all cores busy with it, as measured with JAX 0.10.
    "NPROC": "1",
}

KINDS = {
    "native": {},
    "avx2": {
        # NumPy since 2.4 names levels, before it names features; it passes over what it lacks.
        "NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR "
        "AVX512F AVX512CD AVX512_SKX AVX512_CLX AVX512_CNL",
        "OPENBLAS_CORETYPE": "Haswell",  # NumPy's and SciPy's
        "ATEN_CPU_CAPABILITY": "avx2",  # PyTorch's own kernels, and then its two libraries
        "ONEDNN_MAX_CPU_ISA": "AVX2",
        "MKL_ENABLE_INSTRUCTIONS": "AVX2",  # heeded on Intel's processors alone
        "XLA_FLAGS": "--xla_cpu_max_isa=AVX2",
    },
}
"""The kinds of processor: this one as it is, and this one as if it had no AVX-512."""


def use_one_core_of(kind: str) -> None:
    """Tell the libraries that this process and those it starts will import.

    Args:
        kind: a key of KINDS.

    """
    os.environ.update(ONE_CORE | KINDS[kind])


def used() -> dict[str, str]:
    """Return what those libraries that tell it say of the instructions that they use."""
    import torch

    from experiments.execution.origin import origin

    told = json.loads(origin())
    return {
        "NumPy": " ".join(told["simd"]),
        "OpenBLAS": " ".join(str(blas["architecture"]) for blas in told["blas"]),
        "PyTorch": torch.backends.cpu.get_cpu_capability(),
    }


def unheeded(kind: str, used: Mapping[str, str]) -> list[str]:
    """Name the libraries that use something else than they were told.

    Args:
        kind: a key of KINDS, as it was told.
        used: see the function of this name.

    """
    if not (told := KINDS[kind]):
        return []
    heeded = {
        "NumPy": not set(used["NumPy"].split()) & set(told["NPY_DISABLE_CPU_FEATURES"].split()),
        "OpenBLAS": used["OpenBLAS"] == told["OPENBLAS_CORETYPE"],
        "PyTorch": used["PyTorch"].lower() == told["ATEN_CPU_CAPABILITY"],
    }
    return [library for library, heeds in heeded.items() if not heeds]
