"""The command line: `python runner.py configs/relu_vs_tanh.yaml`.

Wires the parts and holds no logic of theirs. What is not needed to parse the arguments is
imported when it is needed, so that `--help` answers at once.
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

DONE, FAILED, WRONG_USAGE, INTERRUPTED = 0, 1, 2, 130


def parser() -> argparse.ArgumentParser:
    """Return the command line's parser."""
    command = argparse.ArgumentParser(
        prog="runner.py",
        description="Train the settings that a config compares, judge its claims and write a "
        "report. Runs that are stored already are not trained again.",
        epilog="Exit codes: 0 done; 1 a run, the store or the report failed; 2 wrong usage or "
        "config; 130 interrupted (the same command goes on where it stopped).",
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
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        dest="overrides",
        help="replace a value of the config, such as training.epochs=5; may be repeated",
    )
    command.add_argument(
        "--output",
        type=Path,
        default=Path("results"),
        metavar="FOLDER",
        help="where reports and the store of finished runs go; default: results",
    )
    command.add_argument(
        "--dry-run", action="store_true", help="tell what would run and how long it would take"
    )
    command.add_argument(
        "--list", action="store_true", help="list activations, data sets, optimizers and so on"
    )
    command.add_argument("--quiet", action="store_true", help="no progress and no verdicts")
    return command


def _jobs(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of workers; give 1 or more")
    return int(text)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    command = parser()
    options = command.parse_args(arguments)
    # A polite request to end (a shutdown, a batch system's time limit) is answered like Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        if options.list:
            from experiments.report.listing import listing

            print(listing())
            return DONE
        if not options.configs:
            command.print_usage(sys.stderr)
            print("runner.py: name a config, such as configs/relu_vs_tanh.yaml", file=sys.stderr)
            return WRONG_USAGE
        return _run(options)
    except KeyboardInterrupt:
        print(
            "\nInterrupted. Finished runs are stored: the same command goes on from there.",
            file=sys.stderr,
        )
        return INTERRUPTED
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        sys.stderr.close()
        return DONE


def _run(options: argparse.Namespace) -> int:
    from experiments.config import ConfigError, load

    studies, wrong = [], []
    for path in options.configs:
        try:
            studies.append(load(path, options.overrides))
        except ConfigError as error:
            wrong.append(str(error))
    names = [study.name for study in studies]
    for name in sorted({name for name in names if names.count(name) > 1}):
        wrong.append(f"{name}: two configs of this name would write the same report; rename one")
    if wrong:
        print("\n".join(wrong), file=sys.stderr)
        return WRONG_USAGE

    from experiments.commands import CommandError, dry_run, run

    try:
        for study in studies:
            if options.dry_run:
                dry_run(study, options.output, options.jobs)
            else:
                run(study, options.output, options.jobs, quiet=options.quiet)
    except CommandError as error:
        print(f"runner.py: {error}", file=sys.stderr)
        return FAILED
    return DONE


if __name__ == "__main__":
    sys.exit(main())
