"""What a report was made from, kept beside it, so that it is not made again from the same.

A report is a function of the study, the traces that the plan asks for, the data's descriptions, the
program, the libraries and the published report that it is compared with. Where all of these are as
they were, and its files too, making it again would give what is there. As the plan asks for what
follows from the study and the traces that it was given before, the same traces under the keys that
it asked for mean that it would ask for the same again, and miss nothing.
"""

from __future__ import annotations

import base64
import hashlib
import json
import platform
from collections.abc import Collection, Iterable, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any, Protocol

from experiments import config, datasets
from experiments.plugins.registry import FILES
from experiments.program import program
from experiments.report.verdict_rows import read_verdicts
from experiments.report.written import PAGE, Written
from experiments.study import Study
from experiments.whole_files import write_text

NAME = "made_from.json"
"""The file, in the folder of a report."""

LIBRARIES = ("numpy", "scipy", "scikit-learn", "pandas", "matplotlib", "jinja2",
             "markdown-it-py", "pyyaml")  # fmt: skip
"""The libraries by whose versions a report may differ."""

KEY_BYTES = 20
"""A run's key as bytes, see `execution.keys.key_of`."""


class Digesting(Protocol):
    """The store, as far as it is asked here."""

    def digest(self, keys: Iterable[str]) -> str:
        """Return a digest of what is stored under some keys."""


def record(
    folder: Path,
    report: Written,
    study: Study,
    keys: Iterable[str],
    store: Digesting,
    compared_with: Path,
    formats: Collection[str],
) -> None:
    """Keep beside a report what it was made from.

    Args:
        folder: of the report.
        report: that was written there.
        study: as its config gave it.
        keys: of everything that was asked of the store.
        store: that was asked.
        compared_with: the published report of that name, whether there is one or not.
        formats: of its figures.

    """
    ordered = sorted(keys)
    packed = base64.b85encode(b"".join(map(bytes.fromhex, ordered))).decode("ascii")
    content = {
        **_made_from(study, compared_with, formats),
        "keys": packed,
        "stored": store.digest(ordered),
        "files": {name: _digest((folder / name).read_bytes()) for name in sorted(report.files)},
        "in_full": report.in_full,
        "in_short": report.in_short,
        "remark": report.remark,
        "failed": report.failed,
    }
    write_text(folder / NAME, json.dumps(content, indent=1) + "\n")


def written_by(folder: Path) -> str:
    """Return the SHA-256 of the program that wrote the report in a folder; empty if not told."""
    try:
        told = json.loads((folder / NAME).read_text(encoding="utf-8"))["program"]
    except (OSError, ValueError, KeyError, TypeError):
        return ""
    return told if isinstance(told, str) else ""


def unchanged(
    folder: Path, study: Study, store: Digesting, compared_with: Path, formats: Collection[str]
) -> Written | None:
    """Return the report in a folder, if making it again would change nothing; else None.

    Args:
        folder: of the report, which need not be there.
        study: as its config gives it.
        store: that it would be made from.
        compared_with: the published report of that name, whether there is one or not.
        formats: of the figures that are asked for.

    """
    try:
        content = json.loads((folder / NAME).read_text(encoding="utf-8"))
        now = _made_from(study, compared_with, formats)
        if any(content[key] != one for key, one in now.items()):
            return None
        if PAGE not in content["files"] or damaged(folder, content["files"]):
            return None
        if content["stored"] != store.digest(_keys(content)):
            return None
        return Written(
            folder / PAGE,
            read_verdicts(folder),
            tuple(content["in_full"]),
            tuple(content["in_short"]),
            content["remark"],
            tuple(content["files"]),
            content["failed"],
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None  # none is kept there, or it is damaged: the report is made again


def _made_from(study: Study, compared_with: Path, formats: Collection[str]) -> dict[str, Any]:
    published = [compared_with / name for name in ("study.yaml", "verdicts.csv", "provenance.json")]
    return {
        "study": _digest(config.resolved(study).encode()),
        "data": sorted({datasets.digest(setting.data) for setting in study.settings}),
        "program": program(),
        "libraries": {
            "python": platform.python_version(),
            "system": platform.platform(),
            **{name: metadata.version(name) for name in LIBRARIES},
        },
        "figures": sorted(formats),
        "plugins": [plugin.digest for plugin in FILES],
        "published": [_digest(path.read_bytes()) if path.exists() else "" for path in published],
    }


def _keys(content: Mapping[str, Any]) -> list[str]:
    packed = base64.b85decode(content["keys"]).hex()
    return [packed[i : i + 2 * KEY_BYTES] for i in range(0, len(packed), 2 * KEY_BYTES)]


def damaged(folder: Path, files: Mapping[str, str]) -> list[str]:
    """Return the names of those files in a folder that have not the digests given."""
    return [
        name
        for name, digest in files.items()
        if not (folder / name).is_file() or _digest((folder / name).read_bytes()) != digest
    ]


def faults(folder: Path, store: Digesting | None) -> list[str]:
    """Say what is wrong with the report in a folder, by its record; nothing if it is whole.

    Args:
        folder: of the report.
        store: that it should be made from; None where there is none to compare it with.

    Raises:
        OSError: if there is no record, or it or a file of the report cannot be read.
        ValueError: if the record is damaged.

    """
    content = json.loads((folder / NAME).read_text(encoding="utf-8"))
    try:
        wrong = damaged(folder, content["files"])
        told = [f"{', '.join(wrong[:3])}{' and others' * (len(wrong) > 3)} damaged or missing"]
        other = store is not None and content["stored"] != store.digest(_keys(content))
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"it is no record of a report ({error!r:.60})") from None
    return told * bool(wrong) + ["its runs are not those in the store"] * other


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
