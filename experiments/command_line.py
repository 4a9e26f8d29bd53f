"""The command line: `python runner.py configs/relu_vs_tanh.yaml`, or `convergence` if installed.

Wires the parts and holds no logic of theirs. What is not needed to parse the arguments is
imported when it is needed, so that `--help` answers at once.
"""

from __future__ import annotations

import argparse
import io
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from experiments.interrupts import answer, ignore
from experiments.texts import visible

if TYPE_CHECKING:
    from experiments.study import Study

DONE, FAILED, WRONG_USAGE, INTERRUPTED = 0, 1, 2, 130

MOST_JOBS = 1000
"""More worker processes would only take memory: no machine has the cores for them."""


def parser(name: str = "runner.py") -> argparse.ArgumentParser:
    """Return the command line's parser; messages call the command by its `name`."""
    command = argparse.ArgumentParser(
        prog=name,
        description="Train the settings that a config compares, judge its claims and write a "
        "report. Runs that are stored already are not trained again.",
        epilog="Exit codes: 0 done; 1 a run, the store or the report failed, what is compared "
        "differs, what is merged is damaged, or --doctor finds what needs to be done; 2 wrong "
        "usage or config; 130 interrupted (the same command goes on where it stopped).",
    )
    command.add_argument("configs", nargs="*", type=Path, metavar="CONFIG", help="a YAML file")
    command.add_argument(
        "--jobs",
        type=_jobs,
        metavar="N",
        help="worker processes; default: one for each core, or none where the work is over before "
        "they start",
    )
    command.add_argument(
        "--backend",
        choices=("loky", "dask"),
        default="loky",
        help="where fleets train: in worker processes of this machine, or on a Dask cluster; "
        "default: loky",
    )
    command.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="the scheduler of the Dask cluster, such as tcp://10.0.0.1:8786",
    )
    command.add_argument(
        "--shard",
        type=_shard,
        metavar="I/N",
        help="train the I-th of N parts of the runs alone, for batch systems; --merge brings the "
        "stores together",
    )
    command.add_argument(
        "--retry-failed", action="store_true", help="try runs again that failed before"
    )
    command.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        dest="overrides",
        help="replace a value of the config, such as training.epochs=5; may be repeated",
    )
    command.add_argument(
        "--output",
        type=_folder,
        default=Path("results"),
        metavar="FOLDER",
        help="where reports and the store of finished runs go; default: results",
    )
    command.add_argument(
        "--figures",
        nargs="+",
        type=_format,
        default=["png", "svg"],
        metavar="FORMAT",
        help="the formats of the figures, besides the report's own PNG: any of png, svg and pdf, "
        "in the widths of one column and of two; default: png svg",
    )
    instead = command.add_mutually_exclusive_group()
    instead.add_argument(
        "--dry-run", action="store_true", help="tell what would run and how long it would take"
    )
    instead.add_argument(
        "--explain",
        action="store_true",
        help="tell which runs the study makes, and what each of them is for",
    )
    instead.add_argument(
        "--validate", action="store_true", help="check the configs, and say what they ask for"
    )
    instead.add_argument(
        "--report",
        action="store_true",
        help="write the report again from stored runs; exit code 1 if some are missing",
    )
    command.add_argument(
        "--list", action="store_true", help="list activations, data sets, optimizers and so on"
    )
    command.add_argument(
        "--new", type=Path, metavar="FILE", help="write a commented config to start from"
    )
    command.add_argument(
        "--schema", action="store_true", help="print the JSON schema of configs, for editors"
    )
    command.add_argument(
        "--plugin",
        type=_file,
        action="append",
        default=[],
        metavar="FILE",
        dest="plugins",
        help="a Python file of your own whose ROWS join the tables, such as "
        "examples/my_functions.py; may be repeated",
    )
    command.add_argument(
        "--anyway",
        action="store_true",
        help="train a study although its seeds are too few to decide anything",
    )
    command.add_argument(
        "--diff",
        nargs=2,
        type=Path,
        metavar=("BEFORE", "AFTER"),
        help="compare two reports, two folders of reports or two stores; exit code 1 if they "
        "differ in what both have",
    )
    command.add_argument(
        "--merge",
        nargs="+",
        type=Path,
        metavar="STORE",
        help="take over the finished runs of other stores, files or folders with one, into that of "
        "--output; they are checked, and what is stored there stays",
    )
    command.add_argument(
        "--doctor",
        action="store_true",
        help="look at the installation, the machine, the store and the reports, change nothing, "
        "and tell what to do; exit code 1 if there is anything",
    )
    loudness = command.add_mutually_exclusive_group()
    loudness.add_argument(
        "-v", "--verbose", action="store_true", help="every verdict in a sentence, too"
    )
    loudness.add_argument("-q", "--quiet", action="store_true", help="no progress and no verdicts")
    return command


def _jobs(text: str) -> int:
    # Counted first: Python reads no number of thousands of digits.
    digits = len(str(MOST_JOBS))
    if not (text.isdecimal() and len(text) <= digits and 1 <= int(text) <= MOST_JOBS):
        shown = text if len(text) <= 20 else f"{text[:20]}..."
        raise argparse.ArgumentTypeError(
            f"{shown!r} is no number of workers; allowed: 1 to {MOST_JOBS:,}"
        )
    return int(text)


def _shard(text: str) -> tuple[int, int]:
    number, _, count = text.partition("/")
    plain = all(part.isdecimal() and len(part) < 10 for part in (number, count))
    if plain and 1 <= int(number) <= int(count):
        return int(number), int(count)
    raise argparse.ArgumentTypeError(f"{text!r} is no shard; give one such as 3/8, the third of 8")


def _folder(text: str) -> Path:
    if not text.strip() or "\0" in text:
        raise argparse.ArgumentTypeError(f"{text!r} is no folder; name one, or . for this one")
    return Path(text)


def _file(text: str) -> str:
    if not text.strip() or "\0" in text:
        raise argparse.ArgumentTypeError(f"{text!r} is no file; name one, such as my_functions.py")
    return text


def _format(text: str) -> str:
    if text not in ("png", "svg", "pdf"):
        raise argparse.ArgumentTypeError(
            f"{text!r} is no format of figures; give any of png, svg and pdf, and name configs "
            "before the option"
        )
    return text


def convergence() -> int:
    """Run the command under the name that it has once installed."""
    return ended(main(name="convergence"))


def ended(code: int) -> int:
    """Return the exit code of a command that is done, which no interrupt changes any more."""
    ignore()  # only workers are left to be ended
    return code


def main(arguments: Sequence[str] | None = None, name: str = "runner.py") -> int:
    """Run the command and return its exit code."""
    command = parser(name)
    options = command.parse_args(arguments)
    answer()
    # A title may have letters that the encoding of stdout, such as a pipe's on Windows, has not.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        # Before configs are known at all: their keys are made from the tables.
        if options.plugins and not _plugins_load(options.plugins):
            return WRONG_USAGE
        if options.list:
            from experiments.report.listing import listing

            print(visible(listing()))
            return DONE
        if options.schema:
            from experiments.config.json_schema import as_text

            print(as_text(), end="")
            return DONE
        if options.new:
            return _new(options.new, command)
        if options.diff:
            return _diff(*options.diff, command)
        if options.merge:
            return _merge(options, name)
        if options.doctor:
            return _doctor(options.output)
        if not options.configs:
            command.print_usage(sys.stderr)
            print(f"{name}: name a config, such as configs/relu_vs_tanh.yaml", file=sys.stderr)
            return WRONG_USAGE
        if wrong := _contradiction(options):
            print(f"{name}: {wrong}", file=sys.stderr)
            return WRONG_USAGE
        return _run(options, name)
    except KeyboardInterrupt:
        ignore()
        print(
            "\nInterrupted. Finished runs are stored: the same command goes on from there.",
            file=sys.stderr,
        )
        return INTERRUPTED
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        sys.stderr.close()
        return DONE


def _contradiction(options: argparse.Namespace) -> str:
    """Say which options do not go together; nothing if all do."""
    if options.backend == "dask" and not options.scheduler:
        return "--backend dask needs the address of a cluster: --scheduler tcp://HOST:8786"
    if options.scheduler and options.backend != "dask":
        return "--scheduler is that of a Dask cluster: it goes with --backend dask"
    trains = not (options.dry_run or options.explain or options.validate or options.report)
    for option in ("scheduler", "shard", "retry_failed"):
        if getattr(options, option) and not trains:
            told = option.replace("_", "-")
            return f"--{told} is about training, and nothing is trained with the options given"
    return ""


def _tell(message: str) -> None:
    """Say what is wrong; what the message quotes may hold codes that a terminal would obey."""
    print(visible(message), file=sys.stderr)


def _new(path: Path, command: argparse.ArgumentParser) -> int:
    from experiments.config import ConfigError
    from experiments.config.new import write

    try:
        write(path)
    except ConfigError as error:
        _tell(str(error))
        return WRONG_USAGE
    front = "python runner.py" if command.prog == "runner.py" else command.prog
    print(f"{path} is written, and runs as it is: {front} {shlex.quote(str(path))}")
    return DONE


def _diff(before: Path, after: Path, command: argparse.ArgumentParser) -> int:
    from experiments.comparing.telling import told
    from experiments.report.screen import width
    from experiments.report.verdict_rows import ReportError

    try:
        found = told(before, after, width())
    except ReportError as error:
        _tell(f"{command.prog}: {error}")
        return WRONG_USAGE
    print("\n".join(found.lines))
    return DONE if found.alike else FAILED


def _merge(options: argparse.Namespace, name: str) -> int:
    from experiments.command_error import CommandError
    from experiments.execution.merging import SourceError
    from experiments.merge import merge

    if options.configs:
        print(f"{name}: --merge takes no config; run the study once it is done", file=sys.stderr)
        return WRONG_USAGE
    try:
        return DONE if merge(options.merge, options.output, quiet=options.quiet) else FAILED
    except SourceError as error:
        _tell(f"{name}: {error}")
        return WRONG_USAGE
    except CommandError as error:
        _tell(f"{name}: {error}")
        return FAILED


def _doctor(output: Path) -> int:
    from experiments.doctor.telling import examined, told
    from experiments.report.screen import width

    parts = examined(output)
    print("\n".join(told(parts, width())))
    return DONE if all(part.well for part in parts) else FAILED


def _plugins_load(paths: Sequence[str]) -> bool:
    from experiments.plugins.loading import load
    from experiments.plugins.registry import PluginError

    try:
        load(paths)
    except PluginError as error:
        _tell(str(error))
        return False
    return True


def _run(options: argparse.Namespace, name: str) -> int:
    from experiments.plugins.registry import PluginError, told

    try:
        with told():
            return _run_configs(options, name)
    except PluginError as error:
        _tell(f"{name}: {error}")
        return FAILED


def _run_configs(options: argparse.Namespace, command: str) -> int:
    from experiments.config import ConfigError, load

    studies, wrong = [], []
    for path in options.configs:
        try:
            studies.append(load(path, options.overrides))
        except ConfigError as error:
            wrong.append(str(error))
    from experiments.report_folders import refused

    output = None if options.validate else options.output
    told_alone = options.dry_run or options.explain
    wrong += refused([study.name for study in studies], output, written=not told_alone)
    if not (options.anyway or options.dry_run or options.explain or options.report):
        from experiments.analysis.enough import shortage

        wrong += [
            f"{study.name}: seeds: {short}" for study in studies if (short := shortage(study))
        ]
    if wrong:
        _tell("\n".join(wrong))
        return WRONG_USAGE

    from experiments.command_error import CommandError

    try:
        if options.report:
            _reports(studies, options)
            return DONE
        done = [
            _do(study, path, options) for path, study in zip(options.configs, studies, strict=True)
        ]
    except CommandError as error:
        _tell(f"{command}: {error}")
        return FAILED
    return DONE if all(done) else FAILED


def _reports(studies: Sequence[Study], options: argparse.Namespace) -> None:
    from experiments import commands

    commands.reports(
        studies,
        options.output,
        options.jobs,
        quiet=options.quiet,
        verbose=options.verbose,
        formats=options.figures,
    )


def _do(study: Study, path: Path, options: argparse.Namespace) -> bool:
    """Do what was asked for with one study; a report that would come out the same is shown.

    Returns:
        Whether no run failed.

    """
    if options.dry_run or options.explain or options.validate:
        _say_beforehand(study, path, options)
        return True
    loudness = {"quiet": options.quiet, "verbose": options.verbose}
    if not options.retry_failed:
        from experiments.unchanged import shown

        report = shown(study, options.output, options.figures, **loudness)
        if report is not None:
            return not report.failed

    from experiments import commands

    with commands.ways_of(options.scheduler, options.shard, options.retry_failed) as ways:
        return commands.run(
            study, options.output, options.jobs, formats=options.figures, ways=ways, **loudness
        )


def _say_beforehand(study: Study, path: Path, options: argparse.Namespace) -> None:
    from experiments import commands

    if options.dry_run:
        commands.dry_run(study, options.output, options.jobs)
    elif options.explain:
        commands.explain(study, options.output)
    else:
        commands.validate(study, path)
