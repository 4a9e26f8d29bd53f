"""Whatever a title or a claim says reaches pages, tables and figures as text, and does nothing."""

import html
import io
from html.parser import HTMLParser

import pandas as pd
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from matplotlib.figure import Figure

from experiments import run
from experiments.command_line import main
from experiments.report import style
from experiments.report.cells import bare, guarded
from experiments.report.escaping import in_html, in_markdown
from experiments.report.model import link
from experiments.report.scales import title
from experiments.report.sheets import PAGE
from experiments.report.tables import write
from experiments.report.verdict_rows import read_verdicts
from experiments.texts import visible

ODD = r"<script>alert(1)</script> **b** [x](javascript:alert(1)) $x$ \frac{ $ | `c` & &amp; \\ 'q' "
ODD += '"z" <img src=x onerror=alert(1)>'
TITLE, SAYS = f"=1+1 {ODD}", f"@SUM(A1) {ODD}"

QUESTION = {
    "title": TITLE,
    "background": f"+ {ODD}",
    "dataset": {"name": "moons", "examples": 200},
    "network": {
        "width": 3,
        "activation": ["relu", {"name": "leaky_relu", "slope": 0.1, "label": "=1+1"}],
    },
    "training": {"epochs": 2, "learning_rate": 0.1},
    "seeds": 6,
    "source": f"- {ODD}",
    "article": [{"number": 1, "says": SAYS}],
    "claims": [
        {"says": SAYS, "answers": 1, "faster": "relu", "than": "=1+1", "to": {"train_loss": 0.6}}
    ],
}


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    results = run(
        QUESTION, output=tmp_path_factory.mktemp("texts"), name="texts", jobs=1, quiet=True
    )
    results.write()
    return results


@pytest.fixture(scope="module")
def folder(results):
    return results.write().parent


class Page(HTMLParser):
    """The elements of a page with their attributes, and the text outside of scripts and styles."""

    def __init__(self, text):
        super().__init__()
        self.found, self.text, self._inside = [], "", ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        self._inside = tag

    def handle_endtag(self, tag):
        self._inside = ""

    def handle_data(self, data):
        self.text += "" if self._inside in ("script", "style") else data


def harmless(text, says):
    """Check that a page shows a text as it is, and that nothing of it became an element."""
    page = Page(text)
    assert " ".join(says.split()) in " ".join(page.text.split())
    for tag, attributes in page.found:
        assert "onerror" not in attributes, tag
        assert not str(attributes.get("href", "")).lower().startswith("javascript"), tag
        assert attributes.get("src") != "x", tag
    assert "<script>alert" not in text


@pytest.mark.parametrize(
    ("name", "says"),
    [("texts/report.md", TITLE), ("texts/report.md", SAYS), ("README.md", SAYS),
     ("README.md", TITLE), ("texts/tables/verdicts.md", SAYS)],
)  # fmt: skip
def test_markdown_shows_it_as_text(name, says, folder):
    text = (folder.parent / name).read_text(encoding="utf-8")
    reader = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    harmless(reader.render(text), says)


@pytest.mark.parametrize(
    ("name", "says"),
    [("texts/report.html", TITLE), ("texts/report.html", SAYS), ("index.html", SAYS),
     ("index.html", TITLE)],
)  # fmt: skip
def test_a_page_shows_it_as_text(name, says, folder):
    harmless((folder.parent / name).read_text(encoding="utf-8"), says)


def test_a_notebook_shows_it_as_text(results):
    harmless(results._repr_html_(), TITLE)


def test_a_table_has_no_formula_and_reads_back_what_was_claimed(folder, capsys):
    for path in folder.glob("*.csv*"):
        for column in pd.read_csv(path, dtype=str, keep_default_na=False).items():
            texts = [cell for cell in column[1] if cell.startswith(("=", "+", "@"))]
            assert texts == [], (path.name, column[0])
    assert (folder / "verdicts.csv").read_text(encoding="utf-8").count("'@SUM(A1)")
    assert {row.says for row in read_verdicts(folder)} == {SAYS}
    assert main(["--diff", str(folder), str(folder)]) == 0


def test_the_config_beside_it_has_the_same_texts(folder):
    keys = yaml.safe_load((folder / "study.yaml").read_text(encoding="utf-8"))
    assert (keys["title"], keys["claims"][0]["says"]) == (TITLE, SAYS)


def test_latex_prints_it(folder):
    lines = (folder / "tables" / "verdicts.tex").read_text(encoding="utf-8").splitlines()
    shown = [line for line in lines if not line.startswith("%")]
    assert not any("$x$" in line or r"\frac" in line for line in shown)
    assert any(line.startswith("% claim 1: @SUM") for line in lines)


@pytest.mark.parametrize("text", ["$x$", "$", r"\frac{", r"$\frac{$", "$$", r"\$ a $b$", "a_b^c"])
def test_a_figure_draws_it_letter_by_letter(text):
    with style.applied():
        figure = Figure(figsize=(5, 3))
        title(figure.subplots(), f"so {text} it is", PAGE)
        image = io.BytesIO()
        figure.savefig(image, format="svg")
    drawn = html.unescape(image.getvalue().decode())
    assert f">so {text} it is<" in drawn


@given(st.text(max_size=20) | st.text("'=+-@\t\r1.a", max_size=6))
def test_any_text_comes_back_from_a_cell(text):
    cell = guarded(text)
    assert bare(cell) == text
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r")) or float(text) is not None


def test_numbers_of_a_table_are_left_as_they_are(tmp_path):
    table = pd.DataFrame({"a": [-1.5, 2], "b": ["-1.5", "=x"], "c": [None, "-y"]})
    write(table, tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_text() == "a,b,c\n-1.5,-1.5,\n2,'=x,'-y\n"


def test_a_link_leads_to_its_file_whatever_its_name_is():
    odd = link('a "b" <c>.csv')
    address = "a%20%22b%22%20%3Cc%3E.csv"
    assert f'href="{address}"' in in_html((odd,))
    assert f"({address})" in in_markdown((odd,))


def test_no_code_of_a_terminal_is_left_of_a_text():
    assert (
        visible("a\x1b[31m\u202e\r\nb\tc\u2009d\xa0é") == "a\\x1b[31m\\u202e\\r\nb\\tc\u2009d\xa0é"
    )
