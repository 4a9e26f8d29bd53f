"""Validates a document by the model; a value that is wrong does not hide what else is wrong."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from experiments.config.errors import ConfigError, Path, Problem, WrongError
from experiments.config.model import CLAIM_TAGS, Config
from experiments.config.yaml_lines import BROKEN, Document


@dataclass(frozen=True, slots=True)
class Checked:
    """A config and what is wrong with it; where something is wrong, a default stands in."""

    config: Config
    document: Document
    problems: list[Problem]
    wrong: frozenset[Path]  # the values that were replaced

    def sure(self, *paths: Path) -> bool:
        """Tell whether all values at and below `paths` are those that the user wrote."""
        return not any(
            bad[: len(path)] == path or path[: len(bad)] == bad
            for path in paths
            for bad in self.wrong
        )

    def report(self, path: Path, message: str) -> None:
        """Note a further problem."""
        self.problems.append(self.document.problem(path, message))


def check(document: Document) -> Checked:
    """Validate the document's data, again and again without what was found to be wrong.

    Raises:
        ConfigError: if the data cannot be mended.

    """
    problems = list(document.problems)
    wrong = {problem.path for problem in problems}
    mended: set[Path] = set()
    data = copy.deepcopy(document.data)
    while True:
        try:
            return Checked(Config.model_validate(data), document, problems, frozenset(wrong))
        except ValidationError as error:
            for path, message in _messages(error):
                problems.append(document.problem(path, message))
                if path in mended or not _break(data, path):
                    raise ConfigError(problems) from None
                mended.add(path)
                wrong.add(path)


def _messages(error: ValidationError) -> list[tuple[Path, str]]:
    result = []
    for item in error.errors(include_url=False, include_input=False):
        raised = item.get("ctx", {}).get("error")
        found = raised.problems if isinstance(raised, WrongError) else (((), item["msg"]),)
        where = tuple(part for part in item["loc"] if part not in CLAIM_TAGS)
        result += [((*where, *path), message) for path, message in found]
    return result


def _break(data: Any, path: Path) -> bool:
    """Put BROKEN at `path`, or at the closest parent that can hold it."""
    for depth, part in enumerate(path[:-1]):
        inner = data[part] if isinstance(data, list) else data.get(part)
        if not isinstance(inner, list | dict):
            path = path[: depth + 1]
            break
        data = inner
    if not path:
        return False
    data[path[-1]] = BROKEN
    return True
