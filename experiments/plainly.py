"""What goes wrong while results are made, as a message that says what can be done about it."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import BrokenExecutor
from contextlib import contextmanager
from pathlib import Path

from experiments.command_error import CommandError
from experiments.datasets import DataError
from experiments.execution.faults import StoreError, why
from experiments.execution.loop import NothingTrainedError
from experiments.whole_files import HeldError


@contextmanager
def told_plainly(output: Path) -> Iterator[None]:
    """Say of whatever fails what can be done about it.

    Args:
        output: the folder of the results.

    Raises:
        CommandError: in place of what was raised.

    """
    try:
        yield
    except (StoreError, DataError, NothingTrainedError, HeldError) as error:
        raise CommandError(str(error)) from error
    except BrokenExecutor as error:  # that drew figures: where one trained, others go on
        raise CommandError(
            "a worker process was ended from outside, most often for want of memory. All runs are "
            "stored; try again with a smaller --jobs."
        ) from error
    except MemoryError as error:
        raise CommandError(
            "the memory does not suffice for these networks and data. The runs that had finished "
            "are stored; try a smaller width, data set or --jobs."
        ) from error
    except OSError as error:
        name = Path(error.filename or output)
        ours = name.is_relative_to(output)
        what = "cannot be written" if ours else "cannot be opened"
        raise CommandError(f"{name}: {what}: {why(error)}") from error
