"""Templates and what they may call; they compute nothing themselves."""

from __future__ import annotations

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from experiments.analysis.results import diverged
from experiments.report import words


def render(template: str, **content: Any) -> str:
    """Return a template of this package, filled in."""
    return _environment().get_template(template).render(**content)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("experiments.report"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "number": words.number,
        "arm": words.arm,
        "scientific": words.scientific,
        "cell": words.cell,
        "sentence": words.as_sentence,
        "diverged": diverged,
    }
    return environment
