"""The text of a report in HTML: its sections, with charts where figures stand."""

from __future__ import annotations

from pathlib import Path

from experiments.report.web import glossary as in_package
from experiments.report.web.glossary import glossary
from experiments.report.web.markdown import sections

TEXT = """# The question

> Said so.

First <b>words</b>.

![Loss](train_loss.png)

![Test loss](test_loss.png)

## More \\*and\\* more

![Functions](functions.png)

| a | b |
|---|---|
| 1 | 2 |
"""


def test_sections_have_their_titles_as_text():
    assert [one.title for one in sections(TEXT, ())] == ["The question", "More *and* more"]


def test_html_is_shown_as_text():
    assert "First &lt;b&gt;words&lt;/b&gt;." in sections(TEXT, ())[0].html


def test_a_chart_stands_for_all_figures_that_it_replaces_once():
    first = sections(TEXT, {"curves"})[0].html
    assert first.count('data-chart="curves"') == 1
    assert "<img" not in first
    assert "data-chart" not in sections(TEXT, {"curves"}, {"curves"})[0].html


def test_a_figure_without_a_chart_is_shown_as_it_is():
    first, more = sections(TEXT, ())
    assert '<img src="train_loss.png" alt="Loss"' in first.html
    assert '<img src="functions.png" alt="Functions"' in more.html


def test_tables_are_tables():
    assert "<td>2</td>" in sections(TEXT, ())[1].html


def test_the_glossary_of_pages_is_that_of_the_docs():
    shipped = Path(in_package.__file__).with_name("glossary.md")
    docs = Path(__file__).parents[2] / "docs" / "glossary.md"
    assert shipped.read_text() == docs.read_text()


def test_every_word_has_a_meaning_and_longer_words_come_first():
    words = [word for word, _ in glossary()]
    assert len(words) == len(set(words)) > 40
    assert all(meaning for _, meaning in glossary())
    for place, word in enumerate(words):
        assert not any(
            word in earlier.split() and len(earlier) < len(word) for earlier in words[:place]
        )
    assert "term" not in words
