"""Pages in a real browser: opened, moved, heard, and fed with hostile texts."""

from __future__ import annotations

import json
import re
import shutil
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from experiments.clocks import UpdateTime
from experiments.report import page, scoreboard
from tests.analysis.helpers import BUDGET, arriving, read, results_of

pytestmark = pytest.mark.slow


AXE = Path(__file__).parent / "axe.min.js"
"""axe-core 4.14.1 (Deque Systems, Mozilla Public License 2.0), as npm has it."""

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")

RACE = """
    title: Is relu faster than tanh?
    background: So it is said.
    dataset: moons
    network: {activation: [relu, tanh], width: 8}
    training: {learning_rate: tuned}
    tuning: {from: 0.25, to: 1}
    protocol: [own_rate, shared_rate]
    seeds: 10
    article: [{number: 1, says: relu is faster}]
    claims:
      - {answers: 1, faster: relu, than: tanh, by: 2, to: {train_loss: [0.8, 0.5]}}
"""
MAP = """
    dataset: [moons, spirals]
    network: {activation: [relu, tanh], width: [4, 8, 16], depth: [1, 2]}
    training: {learning_rate: 0.1}
    seeds: 8
    claims: [{faster: relu, than: tanh, to: {train_loss: [0.8, 0.5]}}]
"""
MEASURES = """
    dataset: moons
    network: {activation: [relu, tanh, elu], depth: [1, 2]}
    training: {learning_rate: 0.1}
    seeds: 8
    claims:
      - {measure: test_accuracy, higher: relu, than: tanh}
      - {measure: train_loss, of: tanh, at_most: 0.3}
      - {best: relu, of: activation, to: {train_loss: 0.5}}
"""
NO_CLAIM = """
    dataset: moons
    network: {activation: [relu, tanh, elu]}
    training: {learning_rate: 0.1}
    seeds: 8
"""
LABELS = ["__init__", "_so_ = (it, is)"]  # no others are allowed than letters, digits and these
HOSTILE = f"""
    title: "</script><script>window.hacked=1</script> ](x) *no* | `no`"
    background: "<b onmouseover=window.hacked=1>bold</b> </blockquote>"
    dataset:
      - {{name: moons, noise: 0.1, label: {json.dumps(LABELS[0])}}}
      - {{name: moons, noise: 0.2, label: {json.dumps(LABELS[1])}}}
    network: {{activation: [relu, tanh]}}
    training: {{learning_rate: 0.1}}
    seeds: 8
    claims:
      - {{says: "<script>window.hacked=1</script> [x](y)", faster: relu, than: tanh,
         to: {{train_loss: [0.8, 0.5]}}}}
"""
KINDS = {"race": RACE, "map": MAP, "measures": MEASURES, "no_claim": NO_CLAIM, "hostile": HOSTILE}


def respond(run):
    slower = {"relu": 1.0, "tanh": 1.6, "elu": 1.2}[run.network.activation.name]
    if run.stream == "evaluation" and run.network.activation.name == "tanh" and run.seed == 3:
        return arriving(4 * BUDGET, diverges_after=32)
    return arriving(8.0 * slower * 1.07 ** (run.seed % 8) * len(run.network.widths))


@cache
def _reason() -> str:
    """Why there is no browser to try pages in; empty if there is one."""
    try:
        import playwright  # noqa: F401
    except ImportError:
        return "Playwright is not installed"
    return "" if _path() else f"none of {', '.join(BROWSERS)} is installed"


def _path():
    return next(filter(None, map(shutil.which, BROWSERS)), None)


@pytest.fixture(scope="module")
def browser():
    if _reason():
        pytest.skip(_reason())
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        started = driver.chromium.launch(executable_path=_path(), args=flags)
        yield started
        started.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    written = tmp_path_factory.mktemp("reports")
    for name, text in KINDS.items():
        results = results_of(read(text, name=name), respond)
        times = dict.fromkeys((s.setting for s in results.settings), UpdateTime(1e-4))
        page.write(results, written / name, times)
    scoreboard.write(written)
    return written


@pytest.fixture
def opened(browser, folder):
    """Open a page; at the end nothing may have been wrong with it."""
    problems, pages = [], []

    def go(name, file="report.html", *, width=1200, dark=False):
        tab = browser.new_page(
            viewport={"width": width, "height": 800}, color_scheme="dark" if dark else "light"
        )
        pages.append(tab)
        tab.on("console", lambda said: said.type == "error" and problems.append(said.text))
        tab.on("pageerror", lambda error: problems.append(str(error)))
        tab.goto((folder / name / file).as_uri())
        return tab

    yield go
    for tab in pages:
        tab.close()
    assert problems == []


def unfolded(tab):
    """Open every section and wait until every chart is drawn."""
    tab.evaluate("document.querySelectorAll('details.section').forEach(one => one.open = true)")
    for slot in tab.query_selector_all(".slot"):
        slot.scroll_into_view_if_needed()
        tab.wait_for_function("slot => slot.dataset.drawn === 'yes'", arg=slot)


@pytest.mark.parametrize("name", KINDS)
def test_every_chart_of_every_kind_is_drawn(opened, name):
    tab = opened(name)
    unfolded(tab)
    assert tab.query_selector_all(".slot")
    for slot in tab.query_selector_all(".slot"):
        assert slot.query_selector("svg.marks").query_selector_all("path, text, line")


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("name", KINDS)
def test_it_can_be_used_without_seeing_it_well(opened, name, dark):
    tab = opened(name, dark=dark)
    unfolded(tab)
    tab.add_script_tag(path=AXE)
    found = tab.evaluate("axe.run()")["violations"]
    assert [(v["id"], v["nodes"][0]["html"]) for v in found] == []


@pytest.mark.parametrize("name", KINDS)
def test_on_a_phone_nothing_is_wider_than_the_screen(opened, name):
    tab = opened(name, width=360)
    unfolded(tab)
    assert tab.evaluate("document.documentElement.scrollWidth") <= 360


def answers(tab):
    return [one.inner_text() for one in tab.query_selector_all("#level-says p")]


def test_the_target_is_under_the_readers_hand(opened, folder):
    tab = opened("race")
    tab.wait_for_selector(".slot[data-drawn]")
    verdicts = pd.read_csv(folder / "race" / "verdicts.csv")
    own = verdicts[(verdicts["hypothesis"] == "direction") & (verdicts["target"] == 0.8)]
    assert tab.inner_text("#level-goal") == "training loss 0.8"
    told = [float(re.search(r"needed ([\d.]+) times", one).group(1)) for one in answers(tab)]
    assert told == pytest.approx(list(own["estimate"]), rel=5e-3)
    before = line_of_target(tab)
    tab.focus("#level-at")
    tab.keyboard.press("End")
    assert tab.inner_text("#level-goal") == "training loss 0.5"
    assert tab.get_attribute("#level-at", "aria-valuetext") == "training loss 0.5"
    hardest = verdicts[(verdicts["hypothesis"] == "direction") & (verdicts["target"] == 0.5)]
    told = [float(re.search(r"needed ([\d.]+) times", one).group(1)) for one in answers(tab)]
    assert told == pytest.approx(list(hardest["estimate"]), rel=5e-3)
    assert "9 of 10 of tanh reached it" in answers(tab)[0]
    tab.wait_for_function(f"{LINE} !== {json.dumps(before)}")  # the line moved through the curves


LINE = "document.querySelector('#picture .mark-rule.role-mark line').getAttribute('transform')"


def line_of_target(tab):
    tab.wait_for_selector("#picture .mark-rule.role-mark line", state="attached")
    return tab.evaluate(LINE)


def strokes(tab):
    return set(
        tab.evaluate(
            "[...document.querySelectorAll('#picture .slot:first-child .mark-line path')]"
            ".map(one => one.getAttribute('stroke'))"
        )
    )


def test_arms_are_shown_and_hidden(opened):
    tab = opened("race")
    tab.wait_for_selector("#picture .mark-line path", state="attached")
    both = strokes(tab)
    assert len(both) == 2
    tab.uncheck("#picture input[value=relu]")
    tab.wait_for_function(
        "document.querySelectorAll('#picture .slot:first-child .mark-line path').length === 2"
    )  # of two panels one line each
    assert len(strokes(tab)) == 1
    tab.check("#picture input[value=relu]")
    tab.wait_for_function(
        "document.querySelectorAll('#picture .slot:first-child .mark-line path').length === 4"
    )
    assert strokes(tab) == both


def labels(tab, axis):
    return tab.evaluate(
        "[...document.querySelectorAll('#picture .slot:first-child .role-axis text')]"
        ".map(one => one.textContent)"
    )  # of both axes


def test_scales_clocks_and_single_runs_are_chosen(opened):
    tab = opened("race")
    tab.wait_for_selector("#picture .mark-line path", state="attached")
    logarithmic = labels(tab, "x")
    tab.locator("#picture select").nth(3).select_option("linear")
    tab.wait_for_function(
        f"JSON.stringify({AXES}) !== {json.dumps(json.dumps(logarithmic, separators=(',', ':')))}"
    )
    linear = labels(tab, "x")
    tab.locator("#picture select").nth(1).select_option("epochs")
    tab.wait_for_function(
        f"JSON.stringify({AXES}) !== {json.dumps(json.dumps(linear, separators=(',', ':')))}"
    )
    tab.locator("#picture select").nth(2).select_option("runs")
    tab.wait_for_function(
        "document.querySelectorAll('#picture .slot:first-child .mark-line path').length === 40"
    )  # ten seeds of two arms in two panels


AXES = (
    "[...document.querySelectorAll('#picture .slot:first-child .role-axis text')]"
    ".map(one => one.textContent)"
)


def test_what_is_drawn_is_what_the_tables_say(opened, folder):
    tab = opened("race")
    tables = tab.evaluate("JSON.parse(document.getElementById('report').textContent).tables")
    curves = pd.read_csv(folder / "race" / "curves.csv")
    drawn = pd.DataFrame(tables["curves"])
    assert len(drawn) == len(curves)
    assert drawn["median"].to_numpy() == pytest.approx(
        curves["median"].to_numpy(), rel=1e-4, nan_ok=True
    )
    arrivals = pd.DataFrame(tables["arrivals"])
    assert (~arrivals["reached"]).sum() == pd.read_csv(folder / "race" / "arms.csv")[
        "censored"
    ].sum()


def test_hovering_tells_the_numbers(opened):
    tab = opened("race")
    tab.wait_for_selector("#picture .mark-symbol path", state="attached")
    box = tab.locator("#picture .mark-symbol path").nth(6).bounding_box()
    tab.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    tip = tab.wait_for_selector("#vg-tooltip-element.visible")
    told = tip.inner_text()
    assert "arm" in told
    assert "updates" in told
    assert "value" in told


def test_hostile_texts_are_shown_and_do_nothing(opened, folder):
    tab = opened("hostile")
    unfolded(tab)
    for choice in LABELS:
        tab.locator("#level-of").select_option(label=f"claim 1, dataset {choice}")
    assert tab.evaluate("window.hacked") is None
    assert "</script><script>window.hacked=1</script> ](x) *no* | `no`" in tab.inner_text("h1")
    assert tab.title() == "</script><script>window.hacked=1</script> ](x) *no* | `no`"
    assert "<script>window.hacked=1</script> [x](y)" in tab.inner_text("#answers")
    assert tab.query_selector_all("main img") == []
    assert tab.query_selector_all("a[href*=javascript], a[href='y'], main b") == []
    board = opened("", "index.html")
    assert board.evaluate("window.hacked") is None
    assert "](x) *no*" in board.inner_text(".cards")


def test_the_index_is_filtered(opened):
    tab = opened("", "index.html")
    cards = tab.locator(".card")
    assert cards.count() == len(KINDS)
    tab.fill("#words", "FASTER tanh?")
    assert tab.locator(".card:visible").count() == 1
    assert "1 of" in tab.inner_text("#count")
    tab.fill("#words", "")
    assert tab.locator(".card:visible").count() == len(KINDS)
    tab.locator(".card a").first.click()
    tab.wait_for_selector("#answers")
    tab.add_script_tag(path=AXE)


def test_words_are_explained_where_they_stand(opened):
    tab = opened("race")
    button = tab.locator("#details button.term").first
    told = tab.locator(f"#{button.get_attribute('popovertarget')}")
    assert not told.is_visible()
    button.focus()
    tab.keyboard.press("Enter")
    assert told.is_visible()
    assert len(told.inner_text()) > len(button.inner_text()) + 10
    tab.keyboard.press("Escape")
    assert not told.is_visible()


def test_it_prints_with_everything_unfolded(opened):
    tab = opened("race")
    tab.evaluate("dispatchEvent(new Event('beforeprint'))")
    closed = tab.query_selector_all("details.section:not([open])")
    assert closed == []
    tab.emulate_media(media="print")
    assert not tab.is_visible("nav")
