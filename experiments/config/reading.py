"""From the text of a config to a Study: every problem at once, or a study that can run."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from experiments.config import overrides as command_line
from experiments.config.checking import check
from experiments.config.claims import check_claims
from experiments.config.errors import ConfigError, Problem, found, in_file
from experiments.config.fitting import check_fit
from experiments.config.grid import Grid
from experiments.config.mappings import document_of
from experiments.config.places import find_files
from experiments.config.searched import check_searched
from experiments.config.yaml_lines import Document, parse
from experiments.config.yaml_nodes import MOST_BYTES
from experiments.study import Study

# A study's name becomes a folder: no separators, no leading dot or dash, and no trailing dot,
# which Windows drops.
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,98}[A-Za-z0-9_-])?")

# What lies in a folder of reports beside those of studies, and what Windows keeps for devices.
_TAKEN = re.compile(
    r"(?:runs\.sqlite.*|readme\.md|index\.html|published"
    r"|(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?)",
    re.IGNORECASE,
)


def load(path: str | Path, overrides: Sequence[str] = ()) -> Study:
    """Read the config in a file; the study is named after it.

    Args:
        path: the file, in UTF-8.
        overrides: values to set on top of it, such as "training.epochs=5".

    Raises:
        ConfigError: everything that is wrong with the file and the overrides.

    """
    path = Path(path)
    source = path.as_posix()
    return loads(_text(path, source), path.stem, overrides, source, path.parent)


def _text(path: Path, source: str) -> str:
    def refuse(line: int, message: str) -> ConfigError:
        return ConfigError([Problem(in_file(source, line), (), message)])

    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise refuse(0, "there is no such file") from None
    except (OSError, ValueError) as error:
        # ValueError: a path with a NUL character, where the platform's own message says so.
        reason = getattr(error, "strerror", None) or error
        raise refuse(0, f"cannot be read: {reason}") from None
    if len(content) > MOST_BYTES:
        raise refuse(0, f"too long; allowed: at most {MOST_BYTES:,} bytes")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        byte = content[error.start]
        raise refuse(line, f"found the byte 0x{byte:02X}, which is not UTF-8 text") from None


def loads(
    text: str,
    name: str,
    overrides: Sequence[str] = (),
    source: str = "<config>",
    folder: Path = Path(),
) -> Study:
    """Read the config in a text.

    Args:
        text: YAML, as a file holds it.
        name: the study's name, which becomes a folder's.
        overrides: values to set on top of it, such as "training.epochs=5".
        source: what messages call the text.
        folder: where files that the text names are looked for, before the working directory.

    Raises:
        ConfigError: everything that is wrong with the text, the name and the overrides.

    """
    return _study(parse(text, source), name, overrides, folder)


def read(config: Mapping[str, Any], name: str, overrides: Sequence[str] = ()) -> Study:
    """Read a config that is given as a mapping, with the keys and values that a file would have.

    Args:
        config: of text, numbers, truth values, None, lists and mappings.
        name: the study's name, which becomes a folder's.
        overrides: values to set on top of it, such as "training.epochs=5".

    Raises:
        ConfigError: everything that is wrong with the mapping, the name and the overrides.

    """
    return _study(document_of(config, name), name, overrides)


def _study(document: Document, name: str, overrides: Sequence[str], folder: Path = Path()) -> Study:
    command_line.apply(document, overrides)
    find_files(document.data, folder)
    if not _NAME.fullmatch(name):
        allowed = "at most 100 letters (a to z), digits and - _ . that start with a letter or digit"
        message = f"{found(name)} as the study's name; allowed: {allowed}; rename the file"
        document.problems.append(Problem(in_file(document.source, 0), (), message))
    elif _TAKEN.fullmatch(name):
        message = (
            f"{found(name)} as the study's name, which has another use in a folder of reports; "
            "rename the file"
        )
        document.problems.append(Problem(in_file(document.source, 0), (), message))
    checked = check(document)
    grid = Grid(checked.config)
    check_fit(checked, grid)
    check_searched(checked, grid)
    claims = check_claims(checked, grid)
    if checked.problems:
        raise ConfigError(checked.problems)
    config = checked.config
    return Study(
        name=name,
        title=config.title or _title(name),
        background=config.background,
        axes=grid.axes,
        settings=tuple(grid.settings()),
        seeds=config.seeds,
        tuning=grid.tuning(),
        claims=claims,
        confidence=config.confidence,
        article=tuple((statement.number, statement.says) for statement in config.article),
        source=config.source,
    )


def _title(name: str) -> str:
    words = re.sub(r"[-_]+", " ", name).strip() or name
    return words[0].upper() + words[1:]
