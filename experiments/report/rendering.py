"""Templates and what they may call; they compute nothing themselves."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from experiments.analysis.results import diverged
from experiments.report import words
from experiments.report.escaping import in_markdown


def render(template: str, **content: Any) -> str:
    """Return a template of this package, filled in."""
    return _environment().get_template(template).render(**content)


def render_html(template: str, **content: Any) -> str:
    """Return a template of this package, filled in with what is escaped as it is put in."""
    return _environment(html=True).get_template(template).render(**content)


@cache
def part(name: str) -> str:
    """Return a style or a script of pages, as it is put into each of them."""
    return (files("experiments.report") / "web" / name).read_text(encoding="utf-8")


@cache
def _environment(*, html: bool = False) -> Environment:
    environment = Environment(
        loader=PackageLoader("experiments.report"),
        undefined=StrictUndefined,
        autoescape=html,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "number": words.number,
        "arm": words.arm,
        "scientific": words.scientific,
        "cell": in_markdown,
        "text": in_markdown,
        "sentence": words.as_sentence,
        "diverged": diverged,
    }
    return environment
