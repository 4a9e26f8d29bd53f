"""The files of figures: which there are, how wide, and that their bytes are always the same."""

import re
from xml.etree import ElementTree

import pytest
from analysis.helpers import arriving, read, results_of

from experiments.analysis.summary import summarise
from experiments.report import figure_files
from experiments.report.drawings import drawings
from experiments.report.figure_files import all_places, places, workers
from experiments.report.headings import heading
from report.helpers import write_over

TEXT = """
    dataset: [moons, circles]
    network: {activation: [relu, tanh], width: 8}
    training: {learning_rate: 0.1}
    seeds: 8
    claims: [{faster: relu, than: tanh, to: {train_loss: [0.8, 0.5]}}]
"""


def respond(run):
    return arriving((8.0 if run.network.activation.name == "relu" else 24.0) * 1.05**run.seed)


@pytest.fixture(scope="module")
def results():
    return results_of(read(TEXT, name="pairs"), respond)


def write(results, folder, **options):
    drawn = drawings(summarise(results))
    figure_files.write(drawn, folder, heading(results), **options)
    return drawn


def bytes_of(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_each_figure_has_its_png_and_an_svg_in_both_widths(results, tmp_path):
    drawn = write(results, tmp_path)
    expected = {file for name in drawn for file, _ in places(name, ("png", "svg"))}
    assert set(bytes_of(tmp_path)) == expected
    assert {"train_loss.png", "figures/train_loss.svg", "figures/train_loss_column.svg"} <= expected
    assert len(expected) == 3 * len(drawn)


@pytest.mark.parametrize(("ending", "inches"), [("", 7.2), ("_column", 3.5)])
@pytest.mark.slow
def test_an_svg_is_as_wide_as_it_is_said_to_be_and_its_text_is_text(
    results, tmp_path, ending, inches
):
    drawn = write(results, tmp_path)
    for name in drawn:
        path = tmp_path / "figures" / f"{name.removesuffix('.png')}{ending}.svg"
        root = ElementTree.parse(path).getroot()
        assert float(root.get("width").removesuffix("pt")) == pytest.approx(72 * inches)
        texts = ["".join(text.itertext()) for text in root.iter("{http://www.w3.org/2000/svg}text")]
        assert "moons, circles, 8 seeds" in texts
        sizes = {
            float(size)
            for size in re.findall(r"font(?:-size)?: (?:\w+ )*([0-9.]+)px", path.read_text())
        }
        assert min(sizes) >= 7
        assert 8 in sizes


@pytest.mark.slow
def test_the_bytes_are_the_same_each_time_and_whoever_draws(results, tmp_path):
    every = ("png", "svg", "pdf")
    for name, jobs in (("one", 1), ("two", 1), ("three", 2)):
        write(results, tmp_path / name, formats=every, jobs=jobs)
    one, two, three = (bytes_of(tmp_path / name) for name in ("one", "two", "three"))
    assert sum(name.endswith(".pdf") for name in one) == 2 * len(drawings(summarise(results)))
    assert one == two == three


@pytest.mark.slow
def test_a_report_keeps_no_file_of_a_format_that_is_not_asked_for(results, tmp_path):
    report = tmp_path / "report"
    write_over(results, report, formats=("png", "svg", "pdf"))
    assert (report / "figures" / "train_loss.pdf").exists()
    write_over(results, report, formats=("png",))
    assert not (report / "figures").exists()
    assert "figures" not in (report / "report.md").read_text()
    assert (report / "train_loss.png").exists()


def test_every_place_is_known():
    found = all_places(["a.png"])
    assert found == {
        "a.png",
        *(f"figures/a{w}.{k}" for w in ("", "_column") for k in ("svg", "pdf")),
    }


@pytest.mark.parametrize(
    ("figures", "panels", "jobs", "expected"),
    [(8, 12, 3, 3), (2, 1, 8, 2), (8, 12, 1, 1), (7, 3, None, 1), (0, 1, None, 1)],
)
def test_workers_are_started_where_they_are_asked_for_or_worth_it(figures, panels, jobs, expected):
    assert workers(figures, panels, jobs) == expected


def test_many_panels_are_drawn_on_all_cores(monkeypatch):
    monkeypatch.setattr("experiments.report.figure_files.processes.cores", lambda: 4)
    assert workers(8, 12, None) == 4
    monkeypatch.setattr("experiments.report.figure_files.processes.cores", lambda: 1)
    assert workers(8, 12, None) == 1


@pytest.mark.parametrize(
    ("names", "seeds", "expected"),
    [("moons", 1, "moons, 1 seed"),
     ("[moons, circles, spirals, blobs, xor]", 6, "5 data sets, 6 seeds")],
)  # fmt: skip
def test_the_heading_names_data_and_seeds(names, seeds, expected):
    study = read(TEXT, f"dataset={names}", f"seeds={seeds}")
    assert heading(results_of(study, respond)) == expected
