"""The text of a report as a page shows it: the same Markdown, in HTML, with charts for figures."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from html import escape

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

CHART_OF = {
    "train_loss.png": "curves",
    "test_loss.png": "curves",
    "updates_to_target.png": "arrivals",
    "censored.png": "arrivals",
    "reach_curves.png": "shares",
}
"""Which chart of a page stands for each figure of a report, where they differ in name.

One chart may stand for several figures.
"""


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a report under a heading of its own; the first one has the report's title."""

    title: str  # as text
    html: Markup
    chart: str = ""  # drawn above all else in it


def sections(
    text: str,
    charts: Collection[str],
    above: Collection[str] = (),
    own: Mapping[str, str] | None = None,
) -> list[Section]:
    """Return the sections of a report in HTML.

    Whatever HTML the text holds is shown as text: none of it becomes part of the page.

    Args:
        text: Markdown (CommonMark, and tables).
        charts: the names of those that the page has; a figure without one is shown as it is.
        above: of these, those that stand above all sections.
        own: of these, those that no figure stands for, by the titles of their sections.

    """
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    found: list[tuple[str, list[Token]]] = []
    tokens, seen = markdown.parse(text), set(above)
    place = 0
    while place < len(tokens):
        token = tokens[place]
        if token.type == "heading_open" and token.tag in ("h1", "h2"):
            found.append((_plain(tokens[place + 1]), []))
            place += 3
            continue
        picture = _picture(tokens, place)
        if picture is not None:
            source = str(picture.attrs["src"])
            chart = CHART_OF.get(source, source.removesuffix(".png"))
            if chart not in seen:  # each chart once
                found[-1][1].append(_figure(picture, chart if chart in charts else None))
            seen |= {chart} & set(charts)
            place += 3
            continue
        found[-1][1].append(token)
        place += 1
    return [
        Section(
            title,
            Markup(markdown.renderer.render(part, markdown.options, {})),
            (own or {}).get(title, ""),
        )
        for title, part in found
    ]


def _plain(inline: Token) -> str:
    return "".join(child.content for child in inline.children or ())


def _picture(tokens: list[Token], place: int) -> Token | None:
    """Return the picture that a paragraph holds and nothing else."""
    if tokens[place].type != "paragraph_open":
        return None
    children = tokens[place + 1].children or []
    return children[0] if len(children) == 1 and children[0].type == "image" else None


def _figure(picture: Token, chart: str | None) -> Token:
    """Return the chart that stands for a picture, or the picture itself."""
    source, alt = escape(str(picture.attrs["src"]), quote=True), escape(picture.content)
    html = f'<p><a href="{source}"><img src="{source}" alt="{alt}" loading="lazy"></a></p>\n'
    if chart is not None:
        html = f'<div class="slot" data-chart="{escape(chart)}"></div>\n'
    return Token("html_block", "", 0, content=html)
