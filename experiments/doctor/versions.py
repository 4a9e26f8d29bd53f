"""Python and the packages, beside what the project asks for."""

from __future__ import annotations

import platform
import sys
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from experiments.doctor.findings import Finding
from experiments.execution.origin import PROJECT
from experiments.version import __version__

CLONE = Path(__file__).resolve().parents[2]


def versions() -> Iterator[Finding]:
    """Yield the version of the program, of Python and of each package that running needs."""
    python, needed = _needed()
    yield Finding("this program", f"{__version__}, in {Path(__file__).resolve().parents[1]}")
    found = platform.python_version()
    wrong = "" if python.contains(found) else f"Use a Python {python}."
    yield Finding("Python", f"{found} ({python or 'any'}), {sys.executable}", wrong)
    for one in needed:
        yield _package(one)


def _package(needed: Requirement) -> Finding:
    install = f'Run pip install "{needed}".'
    try:
        found = metadata.version(needed.name)
    except metadata.PackageNotFoundError:
        return Finding(needed.name, "is not installed", install)
    fits = needed.specifier.contains(found, prereleases=True)
    asked_for = ",".join(sorted(map(str, needed.specifier), reverse=True))  # as it is written
    advice = "" if fits else f"It was never tried with that version. {install}"
    return Finding(needed.name, f"{found} ({asked_for})", advice)


def _needed() -> tuple[SpecifierSet, list[Requirement]]:
    """Return the Python and the packages that are asked for, of the clone or what is installed."""
    if (CLONE / "requirements.txt").exists():
        project = tomllib.loads((CLONE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        lines = (CLONE / "requirements.txt").read_text(encoding="utf-8").splitlines()
        return SpecifierSet(project["requires-python"]), [
            Requirement(line) for line in lines if line and not line.startswith("#")
        ]
    told = metadata.metadata(PROJECT)
    packages = [Requirement(line) for line in metadata.requires(PROJECT) or ()]
    return SpecifierSet(told["Requires-Python"] or ""), packages
