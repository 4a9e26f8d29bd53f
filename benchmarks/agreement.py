"""How far the project's numbers lie from PyTorch's: values, gradients and fifty updates.

    python benchmarks/agreement.py

Goes over the tables of activations, layers, losses, optimizers and schedules, and compares each row
in float64 with its counterpart in PyTorch, at its defaults and at other parameters. Prints and
writes docs/agreement.md. A row without a counterpart fails: add one to the folder counterparts.
"""

from __future__ import annotations

import sys
import time
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from contestants import processor

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "agreement.md"


def main() -> int:
    """Compare, write the page, and return 1 if anything lies too far apart or was not compared."""
    processor.use_one_core_of("native")  # before what computes is imported
    try:
        import torch
    except ImportError:
        print("PyTorch is not installed", file=sys.stderr)
        print(f"pip install -r {ROOT / 'benchmarks' / 'peers-requirements.txt'}", file=sys.stderr)
        return 2
    import numpy as np
    from counterparts.sections import sections
    from counterparts.writing import failures, page

    started = time.perf_counter()
    torch.set_default_dtype(torch.float64)  # also of what its optimizers count
    torch.manual_seed(0)  # of dropout
    warnings.simplefilter("error")
    # Of kernels with an even size: it copies the images to pad them, as it should.
    warnings.filterwarnings("ignore", "Using padding='same' with even kernel lengths")
    with np.errstate(all="ignore"):  # as in training: overflow is part of some functions
        found = list(sections())
    text = page(found)
    PAGE.write_text(text, encoding="utf-8", newline="\n")
    print(text)
    failing = list(failures(found))
    print(f"{time.perf_counter() - started:.0f} s; {len(failing)} rows do not agree")
    for failure in failing:
        print(failure, file=sys.stderr)
    return int(bool(failing))


if __name__ == "__main__":
    sys.exit(main())
