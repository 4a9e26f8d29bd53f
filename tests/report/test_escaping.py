"""Whatever a text holds, Markdown shows it as it is."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from experiments.report.escaping import in_markdown

MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def shown(text):
    """What a reader sees of a paragraph that starts with a word, and whether all of it is text."""
    written = MARKDOWN.render(f"So {text} it is\n")
    found = re.fullmatch(r"<p>So (.*) it is</p>\n", written, re.DOTALL)
    return html.unescape(found.group(1)) if found and "<" not in found.group(1) else None


@pytest.mark.parametrize(
    "text",
    [
        "](http://elsewhere)", "<script>alert(1)</script>", "*bold* and _soft_ and **both**",
        "`code`", "![picture](x.png)", "[^1]", "&amp; &#42;", r"a\*b \ \\", "~~gone~~",
        "<https://elsewhere>", "leaky_relu(slope=0.01)", "a_b_c", "_x", "x_", "__init__",
    ],
)  # fmt: skip
def test_marks_are_shown_as_text(text):
    assert shown(in_markdown(text)) == text


@given(st.text(st.characters(exclude_categories=["C", "Z"]) | st.just(" "), max_size=60))
def test_any_text_is_shown_as_it_is(text):
    kept = " ".join(text.split(" ")).strip()
    if kept and "  " not in kept:
        assert shown(in_markdown(kept)) == kept


@given(st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=30))
def test_in_a_cell_it_opens_no_other(text):
    table = MARKDOWN.render(f"| a | b |\n|---|---|\n| {in_markdown(text)} | c |\n")
    assert table.count("<td>") == 2
    assert "<td>c</td>" in table


def test_words_without_marks_are_left_as_they_are():
    text = "tanh needed 1.3 times the updates of leaky_relu(slope=0.1) (95 % interval 1.1 to < 2)"
    assert in_markdown(text) == text


def test_a_second_line_starts_nothing():
    assert in_markdown("one\n# two") == "one # two"
