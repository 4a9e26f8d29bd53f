"""What the program makes of an input: a study, a message, or what it must never be."""

from __future__ import annotations

import io
import os
import re
import time
import traceback
from collections.abc import Collection
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.fuzzing.inputs import CONFIG, PLUGIN, TABLE, Input
from experiments.texts import visible

STUDY, MESSAGE, UNCLEAR, TRACEBACK = "study", "message", "unclear message", "traceback"

_LINE = re.compile(rf"(?:{re.escape(CONFIG)}|{re.escape(TABLE)}|{re.escape(PLUGIN)}):\d+")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an input."""

    kind: str  # STUDY, MESSAGE, UNCLEAR or TRACEBACK
    with_line: bool  # a message that names a line
    seconds: float  # of the processor: what else runs on the machine is no fault of the input
    text: str  # what was said on stderr, or the traceback


def attempt(given: Input) -> Outcome:
    """Run the command on an input, in this process and an empty folder of its own."""
    from experiments.command_line import main

    out, err = io.StringIO(), io.StringIO()
    with TemporaryDirectory() as name, chdir(name):
        for file, content in given.files:
            Path(file).write_bytes(content)
        started = time.process_time()
        try:
            with redirect_stdout(out), redirect_stderr(err):
                code: object = main(given.arguments)
        except SystemExit as error:  # argparse's own way, and that of nobody else
            code = error.code
            if not err.getvalue().startswith("usage: "):
                return _fault(started)
        except BaseException:
            return _fault(started)
    text = err.getvalue()
    named = (
        *(name for name, _ in given.files),
        *(part.partition("=")[2] for part in given.arguments),
    )
    return Outcome(
        _kind(code, text, named), bool(_LINE.search(text)), time.process_time() - started, text
    )


def _fault(started: float) -> Outcome:
    return Outcome(TRACEBACK, False, time.process_time() - started, traceback.format_exc())


def _kind(code: object, text: str, named: Collection[str]) -> str:
    if "Traceback (most recent call last)" in text:
        return TRACEBACK
    if code == 0:
        return STUDY
    clear = (
        code in (1, 2)
        and any(name in text for name in ("--set", "--plugin", *map(visible, filter(None, named))))
        and all(line.isprintable() for line in text.split("\n"))
    )
    return MESSAGE if clear else UNCLEAR


def peak_megabytes() -> float:
    """Return the most memory that this process has held at a time, as Linux counts it."""
    status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found.group(1)) / 1024 if found else 0.0


def size_bytes() -> int:
    """Return the size of this process's address space, as Linux counts it."""
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[0]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")
