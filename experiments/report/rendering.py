"""Templates: they place what they are given, and compute nothing."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from experiments.report.escaping import in_html, in_markdown


def render(template: str, **content: Any) -> str:
    """Return a template of this package, filled in with what it escapes for Markdown."""
    return environment().get_template(template).render(**content)


def render_html(template: str, **content: Any) -> str:
    """Return a template of this package, filled in with what is escaped as it is put in."""
    return environment(html=True).get_template(template).render(**content)


@cache
def part(name: str) -> Markup:
    """Return a style or a script of pages, as it is put into each of them."""
    return Markup((files("experiments.report") / "web" / name).read_text(encoding="utf-8"))


@cache
def environment(*, html: bool = False) -> Environment:
    """Return what loads templates, with `text` as the filter that escapes for their format."""
    found = Environment(
        loader=PackageLoader("experiments.report"),
        undefined=StrictUndefined,
        autoescape=html,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    found.filters["text"] = in_html if html else in_markdown
    return found
