"""Bad input by the thousand: each must be a study or a message, soon and in little memory.

    python benchmarks/fuzz.py [--share 1] [--seed 1] [--jobs 2]

Configs that were mutated, texts and bytes, --set, CSV files and files of a user's own go to the
command itself, each in a process of its own with a limit of time and memory (so that it needs
Linux). Writes fuzz.csv and fuzz.md beside this file, and tells every input that ended in anything
else. What is drawn is in fuzzing/, and the tests draw some of it too.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.strategies import SearchStrategy

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.fuzzing import configs, overrides, plugins, tables
from benchmarks.fuzzing.apart import MEGABYTES, Told, attempt_apart
from benchmarks.fuzzing.attempts import MESSAGE, STUDY, TRACEBACK, UNCLEAR
from benchmarks.fuzzing.inputs import Input, trained

HERE = Path(__file__).parent
BATCH = 25


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of input, and how many of it are drawn."""

    name: str
    draw: Callable[[], SearchStrategy[Input]]
    inputs: int
    seconds: int = 5  # of the processor, that each may take


KINDS = (
    Kind("configs, mutated", configs.mutated, 3000),
    Kind("configs, texts and bytes", configs.texts, 3600),
    Kind("`--set`", overrides.overrides, 2600),
    Kind("CSV files", tables.tables, 1200),
    Kind("files of own rows", plugins.plugins, 150),
    Kind("configs, mutated, trained", lambda: configs.mutated().map(trained), 40, 30),
    Kind("CSV files, trained", lambda: tables.tables().map(trained), 40, 30),
)


def drawn(kind: Kind, count: int, number: int) -> list[Input]:
    """Return so many inputs of a kind, the same for the same seed."""
    found: list[Input] = []

    @seed(number)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(kind.draw())
    def draw(one: Input) -> None:
        found.append(one)

    draw()
    return found


def prepare() -> None:
    """Import what the command needs, but for the config, whose keys are made after plug-ins."""
    import experiments.plugins.checks
    import experiments.plugins.loading  # noqa: F401


def attempts(inputs: Sequence[Input]) -> list[Told]:
    """Try inputs one after the other, each in a child of this worker."""
    if not any(part.startswith("--plugin") for one in inputs for part in one.arguments):
        import experiments.commands
        import experiments.unchanged  # noqa: F401
    return [attempt_apart(one) for one in inputs]


def row(kind: Kind, told: Sequence[Told]) -> dict[str, object]:
    """Return the line of a kind in the table."""
    outcomes = [one.outcome for one in told]
    count = {name: sum(o.kind == name for o in outcomes) for name in
             (STUDY, MESSAGE, UNCLEAR, TRACEBACK)}  # fmt: skip
    return {
        "kind": kind.name,
        "inputs": len(told),
        "studies": count[STUDY],
        "messages": count[MESSAGE],
        "with a line": sum(o.kind == MESSAGE and o.with_line for o in outcomes),
        "unclear": count[UNCLEAR],
        "tracebacks": count[TRACEBACK],
        "allowed, s": kind.seconds,
        "over it": sum(o.seconds > kind.seconds for o in outcomes),
        "over 1 GB": sum(one.megabytes > MEGABYTES for one in told),
        "slowest, ms": round(1000 * max(o.seconds for o in outcomes)),
        "largest, MB": round(max(one.megabytes for one in told)),
    }


def is_wrong(kind: Kind, told: Told) -> bool:
    """Tell whether an input came to what none may."""
    outcome = told.outcome
    slow_or_large = outcome.seconds > kind.seconds or told.megabytes > MEGABYTES
    return outcome.kind not in (STUDY, MESSAGE) or slow_or_large


def tell(kind: Kind, one: Input, told: Told) -> None:
    """Print an input that is wrong, so that it can be tried by hand."""
    print(
        f"{kind.name}: {told.outcome.kind}, {told.outcome.seconds:.1f} s, {told.megabytes:.0f} MB"
    )
    print("  arguments:", *(repr(part[:200]) for part in one.arguments))
    for name, content in one.files:
        print(f"  {name}: {content[:3000]!r}")
    print(f"  {told.outcome.text[-3000:]}\n", flush=True)


def page(table: pd.DataFrame, number: int, seconds: float, wrong: int) -> str:
    """Return the Markdown with the table."""
    lines = [table.columns, ["---"] * table.shape[1], *table.astype(str).to_numpy()]
    cells = "".join("| " + " | ".join(line) + " |\n" for line in lines)
    return (
        "# Bad input\n\n"
        f"Made by `python benchmarks/fuzz.py --seed {number}` in {seconds:.0f} s: each input goes "
        "to the command in a process of its own. A message names what is wrong of the input, and "
        "is text that can be printed; a line is one of the config, the table or the file of own "
        "rows. Unclear is what does neither; a process that was ended or died is a traceback. "
        "What is not trained is validated, its data are read and its runs planned (`--explain`). "
        "Times are those of the processor, and memory includes that of the imports.\n\n"
        f"{cells}\n"
        f"{wrong or 'None'} of {table['inputs'].sum():,} came to what no input may come to.\n"
    )


def main() -> int:
    """Draw, try, write the table; return 1 if any input came to what none may."""
    command = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    command.add_argument("--share", type=float, default=1.0, help="of the inputs of each kind")
    command.add_argument("--seed", type=int, default=1)
    command.add_argument("--jobs", type=int, default=2)
    command.add_argument("--only", default="", help="kinds whose names hold this; writes nothing")
    options = command.parse_args()
    started, rows, wrong = time.perf_counter(), [], 0
    for kind in KINDS:
        if options.only not in kind.name:
            continue
        inputs = drawn(kind, max(1, round(options.share * kind.inputs)), options.seed)
        parts = [inputs[start : start + BATCH] for start in range(0, len(inputs), BATCH)]
        with ProcessPoolExecutor(
            options.jobs, multiprocessing.get_context("spawn"), initializer=prepare
        ) as pool:
            told = [one for part in pool.map(attempts, parts) for one in part]
        for one, result in zip(inputs, told, strict=True):
            if is_wrong(kind, result):
                wrong += 1
                tell(kind, one, result)
        rows.append(row(kind, told))
        print(rows[-1], flush=True)
        if not options.only:  # after each kind, so that what was tried is told if it is ended
            table = pd.DataFrame(rows)
            table.to_csv(HERE / "fuzz.csv", index=False, lineterminator="\n")
            text = page(table, options.seed, time.perf_counter() - started, wrong)
            (HERE / "fuzz.md").write_text(text, encoding="utf-8", newline="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
