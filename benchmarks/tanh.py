"""What a tanh could be computed by in NumPy: how fast, and how exactly, as updates would use it.

    python benchmarks/tanh.py [--processor avx2]

Each form works in place on blocks as large as those of an update of the workloads tiny, medium and
large of peers.py, and is compared with a tanh in twice the precision. Prints a table.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from contestants import processor

if TYPE_CHECKING:
    import numpy as np

BLOCKS = ((50, 16, 32), (10, 64, 64), (4, 128, 128))
"""Runs, units and examples of a layer in a fleet."""

REPEATS = 200

Form = Callable[["np.ndarray", "np.ndarray", "np.ndarray", "np.ndarray"], object]
"""Writes tanh(x) to `out`; two buffers of the same shape are free to use."""


def _forms() -> dict[str, Form]:
    import numpy as np

    def tanh(x, out, s, t):
        np.tanh(x, out=out)

    def by_exp(x, out, s, t):
        np.exp(np.add(x, x, out=out), out=out)
        np.subtract(1, np.divide(2, np.add(out, 1, out=out), out=out), out=out)

    def by_exp_of_size(x, out, s, t):
        np.exp(np.multiply(np.abs(x, out=out), -2, out=out), out=out)
        np.add(out, 1, out=s)
        np.copysign(np.divide(np.subtract(1, out, out=out), s, out=out), x, out=out)

    def by_expm1(x, out, s, t):
        np.minimum(x, 20, out=out)  # whose tanh is 1 already
        np.expm1(np.add(out, out, out=out), out=out)
        np.divide(out, np.add(out, 2, out=s), out=out)

    def rational(x, out, s, t):
        np.clip(x, -END, END, out=t)
        np.multiply(t, t, out=s)
        np.multiply(_polynomial(ABOVE, s, out), t, out=out)
        np.divide(out, _polynomial(BELOW, s, t), out=out)

    def _polynomial(coefficients, s, out):
        highest, *others = coefficients
        np.multiply(s, highest, out=out)
        for coefficient in others[:-1]:
            np.multiply(np.add(out, coefficient, out=out), s, out=out)
        return np.add(out, others[-1], out=out)

    return {
        "`np.tanh(x)`": tanh,
        "1 - 2 / (exp(2x) + 1)": by_exp,
        "±(1 - e) / (1 + e), e = exp(-2\\|x\\|)": by_exp_of_size,
        "e / (e + 2), e = expm1(2x)": by_expm1,
        "rational, degrees 13 and 6": rational,
    }


# Of Eigen and XLA, for float32: an odd polynomial over an even one, the highest power first.
END = 7.90531110763549805
ABOVE = (
    -2.76076847742355e-16, 2.00018790482477e-13, -8.60467152213735e-11, 5.12229709037114e-08,
    1.48572235717979e-05, 6.37261928875436e-04, 4.89352455891786e-03,
)  # fmt: skip
BELOW = (1.19825839466702e-06, 1.18534705686654e-04, 2.26843463243900e-03, 4.89352518554385e-03)


def _nanoseconds(form: Form, shape: tuple[int, ...], precision: str) -> float:
    """Return the least time that a number takes."""
    import numpy as np

    x = np.random.default_rng(0).standard_normal(shape).astype(precision)
    buffers = [np.empty_like(x) for _ in range(3)]
    least = np.inf
    for _ in range(REPEATS):
        started = time.perf_counter()
        form(x, *buffers)
        least = min(least, time.perf_counter() - started)
    return least / x.size * 1e9


def _error(form: Form, lowest: float, precision: str) -> float:
    """Return the largest error for lowest <= |x| <= 12, in units of the last place of tanh(x)."""
    import numpy as np

    sizes = np.geomspace(lowest, 12, 400_000)
    x = np.concatenate([sizes, -sizes]).astype(precision)
    exact = np.tanh(x.astype({"float32": "float64", "float64": "longdouble"}[precision]))
    out, s, t = (np.empty_like(x) for _ in range(3))
    form(x, out, s, t)
    return float((np.abs(out - exact) / np.spacing(np.abs(exact).astype(precision))).max())


def main() -> None:
    """Measure every form and print the table."""
    parser = argparse.ArgumentParser(description="Compare ways to compute tanh in NumPy.")
    parser.add_argument("--processor", choices=processor.KINDS, default="native")
    processor.use_one_core_of(parser.parse_args().processor)
    import numpy as np

    print(np.show_config(mode="dicts")["SIMD Extensions"])
    print("| form | precision | ns a number | error, \\|x\\| > 0.1 | \\|x\\| > 1e-6 |")
    print("|---|---|---|---|---|")
    with np.errstate(over="ignore"):
        for precision in ("float32", "float64"):
            for name, form in _forms().items():
                if name.startswith("rational") and precision == "float64":
                    continue  # its coefficients are for float32
                times = ", ".join(f"{_nanoseconds(form, b, precision):.2f}" for b in BLOCKS)
                errors = (f"{_error(form, lowest, precision):.2g}" for lowest in (0.1, 1e-6))
                print(f"| {name} | {precision} | {times} | {' | '.join(errors)} |", flush=True)


if __name__ == "__main__":
    main()
