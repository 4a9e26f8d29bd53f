"""A folder of the user's own, with a table and a short config, and the real command."""

import html
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "configs.md").read_text(encoding="utf-8")
CONFIG = re.findall(r"```yaml\n(.*?)```", PAGE.partition("## Your own table")[2], re.DOTALL)[0]
(TABLE,) = re.findall(r"```csv\n(.*?)```", PAGE, re.DOTALL)
(MESSAGE,) = re.findall(r"```\n(mine/question.yaml:.*)\n```", PAGE)


def command(folder, *arguments):
    return subprocess.run(
        [
            sys.executable,
            ROOT / "runner.py",
            "mine/question.yaml",
            "--jobs",
            "1",
            *arguments,
            "--figures",
            "png",
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def mine(tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "question.yaml").write_text(CONFIG, encoding="utf-8")
    return folder


def flowers(count=150):
    """Three species, the last of them rare, of which the second alone is often violet."""
    rng = np.random.default_rng(0)
    lines = [TABLE.splitlines()[0]]
    for i in range(count):
        species = min(i % 7 // 3, 2)
        length, width = rng.normal([1 + 2 * species, 0.2 + species], 0.2)
        colour = "violet" if species == 1 and rng.random() < 0.8 else "white"
        name = ("setosa", "versicolor", "virginica")[species]
        cells = f"{length:.2f}", f"{width:.2f}" if i % 11 else "", colour, name
        lines.append(",".join(cells))
    return "\n".join(lines) + "\n"


def test_a_table_beside_a_config_of_ten_lines_is_answered(mine):
    assert len(CONFIG.splitlines()) <= 10
    (mine / "flowers.csv").write_text(flowers(), encoding="utf-8")
    fewer = "seeds=7", "training.epochs=5", "training.learning_rate=0.1"
    done = command(mine.parent, *(part for value in fewer for part in ("--set", value)))
    assert (done.returncode, done.stderr.count("Traceback")) == (0, 0), done.stderr
    first = done.stdout.splitlines()[0]
    assert re.match(r"1\. (Yes|No|Not decided|Cannot be told)", first), first
    folder = mine.parent / "results" / "question"
    report = (folder / "report.md").read_text(encoding="utf-8")
    assert "These answers hold for csv flowers.csv; " in report
    page = (folder / "report.html").read_text(encoding="utf-8")
    told = html.unescape(page[page.index("Read as csv") :])
    assert "150 rows of flowers.csv; the target is 'species'" in told
    assert "14 missing values become the training split's mean" in told
    assert "2 of them are categories of 'colour'" in told
    assert "3 classes: setosa 66, versicolor 63, virginica 21; they are uneven, 3.14 to 1" in told


def test_a_mistake_in_the_table_is_the_line_that_the_readme_shows(mine):
    (mine / "flowers.csv").write_text(TABLE, encoding="utf-8")
    refused = command(mine.parent, "--set", "dataset.missing=refuse")
    assert refused.returncode == 2
    assert refused.stdout == ""
    assert not (mine.parent / "results").exists()
    assert refused.stderr.strip().replace(
        "--set dataset.missing=refuse: dataset: ", "mine/question.yaml:2: dataset: "
    ) == MESSAGE  # fmt: skip
