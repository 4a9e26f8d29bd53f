"""In what two reports differ besides their verdicts: config, seeds, data, versions, machine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml

from experiments.report.made_from import written_by
from experiments.report.verdict_rows import ReportError

PROJECT = "convergence-experiments"
"""This project, by its name among the packages of an origin."""

What = Literal["config", "seeds", "data", "libraries", "program", "machine", "source"]

_WORDS = ("title", "background", "article", "source", "claims")
"""Keys of a config that change no run; claims are compared by their verdicts."""

_UNTOLD = "unknown"

_Loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing in which two reports differ, and what it is in each."""

    what: What
    name: str
    before: str
    after: str


def differences(before: Path, after: Path) -> tuple[Difference, ...]:
    """Return in what the circumstances of the reports in two folders differ.

    Read from their study.yaml, provenance.json and, where a report was not moved without it,
    made_from.json. What one of them does not tell, such as a report of an older version, is no
    difference.

    Raises:
        ReportError: if one of the files is missing or damaged.

    """
    found = [_config(folder) | _provenance(folder) for folder in (before, after)]
    names = dict.fromkeys((*found[0], *found[1]))
    pairs = ((name, *(some.get(name, _absent(name)) for some in found)) for name in names)
    return tuple(
        Difference(*name, old, new)
        for name, old, new in pairs
        if old != new and _UNTOLD not in (old, new)
    )


def _absent(name: tuple[What, str]) -> str:
    """Return what a key is that is not told: a config has every default, an origin not all."""
    return "not there" if name[0] in ("config", "seeds") else _UNTOLD


def _config(folder: Path) -> dict[tuple[What, str], str]:
    path = folder / "study.yaml"
    try:
        study = yaml.load(_text(path), _Loader)
    except yaml.YAMLError as error:
        raise _damaged(path) from error
    if not isinstance(study, dict):
        raise _damaged(path)
    leaves = {key: value for key, value in study.items() if key not in _WORDS}
    return {
        ("seeds" if name.split(".")[0] == "seeds" else "config", name): value
        for name, value in _leaves(leaves, "")
    }


def _leaves(content: Any, path: str) -> Iterator[tuple[str, str]]:
    """Yield the values of a mapping by the keys on the way to them; a list is one value."""
    if isinstance(content, dict):
        for key, value in content.items():
            yield from _leaves(value, f"{path}.{key}".lstrip("."))
    else:
        yield path, content if isinstance(content, str) else json.dumps(content)


def _provenance(folder: Path) -> dict[tuple[What, str], str]:
    path = folder / "provenance.json"
    try:
        content = json.loads(_text(path))
        origins = [found["origin"] or {} for found in content["origins"]]
        digests = [(data["name"], data["digest"]) for data in content.get("data", ())]
    except (ValueError, KeyError, TypeError) as error:
        raise _damaged(path) from error
    told: dict[tuple[What, str], set[str]] = {}
    for name, digest in digests:
        told.setdefault(("data", name), set()).add(digest[:12])
    for origin in origins:
        for what, name, value in _facts(origin if isinstance(origin, dict) else {}):
            told.setdefault((what, name), set()).add(value)
    if source := written_by(folder):
        told["source", "of the program"] = {source[:12]}
    return {name: " and ".join(sorted(values)) for name, values in told.items()}


def _facts(origin: dict[str, Any]) -> Iterator[tuple[What, str, str]]:
    for name, version in origin.get("packages", {}).items():
        yield ("program" if name == PROJECT else "libraries"), name, str(version)
    for blas in origin.get("blas", ()):
        yield "libraries", str(blas.get("library")), str(blas.get("version"))
        if blas.get("architecture"):
            yield "machine", "BLAS kernels", str(blas["architecture"])
    if origin.get("simd"):
        yield "machine", "NumPy's instructions", " ".join(map(str, origin["simd"]))
    if "python" in origin:
        yield "libraries", "Python", str(origin["python"])
    for name in ("processor", "machine", "system"):
        if name in origin:
            yield "machine", name, str(origin[name])


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ReportError(f"{path}: cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise _damaged(path) from error


def _damaged(path: Path) -> ReportError:
    return ReportError(f"{path}: is damaged; run the study again")
