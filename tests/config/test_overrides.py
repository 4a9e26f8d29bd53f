"""What --set changes, and what it says when it cannot."""

import pytest

from .helpers import problems, read

TEXT = """\
dataset: moons
network: {activation: [relu, tanh], width: 4-4}
training: {learning_rate: 0.1}
claims:
  - {faster: relu, than: tanh, to: {train_loss: 0.5}, by: 2}
"""


def test_values_replace_what_the_file_says():
    study = read(
        TEXT,
        "training.epochs=5",
        "training.learning_rate = [tuned, 1e-2]",
        "network.width=8",
        "claims.0.by=3",
        "claims.0.to.train_loss=[0.5, 0.25]",
        "title=a=b",
        "tuning={seeds: 2}",
        "tuning.seeds=4",
    )
    first = study.settings[0]
    assert (first.training.epochs, first.network.widths) == (5.0, (8, 8))
    assert study.axes[1].labels == ("tuned", "0.01")
    assert (study.claims[0].by, study.claims[0].targets) == (3.0, (0.5, 0.25))
    assert (study.title, study.tuning.seeds) == ("a=b", 4)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("seeds", "sets no value; allowed: key=value, such as training.epochs=5"),
        ("=3", "sets no value; allowed: key=value, such as training.epochs=5"),
        ("a..b=3", "sets no value; allowed: key=value, such as training.epochs=5"),
        ("seeds=", "found nothing; allowed: a whole number at least 1 and at most 10,000"),
        ("training.epochs=-3", "found -3; allowed: a number at least 0 and at most 100,000"),
        (
            "training={epochs: -1}",
            "training.epochs: found -1; allowed: a number at least 0 and at most 100,000",
        ),
        (
            "trainig.epochs=3",
            "trainig: unknown key; allowed: title, background, dataset, network, training, "
            "evaluation, tuning, protocol, seeds, confidence, diagnostics, source, article, "
            "claims; did you mean 'training'?",
        ),
        ("claims.0.by=1", "found 1; allowed: a number above 1"),
        ("claims.1.by=3", "claims has no entry 1; its entries: 0 to 0"),
        ("claims.first.by=3", "claims has no entry first; its entries: 0 to 0"),
        ("dataset.noise=0.1", "dataset is a single value in the file, without a key noise"),
        (
            "seeds=[1",
            "not valid YAML: while parsing a flow sequence: expected ',' or ']', but got "
            "'<stream end>'",
        ),
        ("seeds=!!int 3", "found the tag !!int; tags are not allowed"),
        ("seeds=1\n---\n2", None),
        ("network.depth=3", None),
    ],
)
def test_mistakes(override, message):
    (problem,) = problems(TEXT, override)
    if message is None:  # shown as it is written, on one line; or the file's own line is at fault
        assert problem.startswith(
            ("--set 'seeds=1\\n---\\n2': not valid", "c.yaml:2: network.width")
        )
    else:
        assert problem == f"--set {override}: {message}"


def test_mistakes_of_the_file_come_first():
    assert [p.split(": ")[0] for p in problems(TEXT + "x: 1", "seeds", "y=1")] == [
        "c.yaml:6",
        "--set seeds",
        "--set y=1",
    ]


def test_a_claim_that_an_override_makes_wrong_is_at_its_own_line():
    (problem,) = problems(TEXT, "network.activation=[relu, sigmoid]")
    assert problem.startswith("c.yaml:5: claims.0.than: found 'tanh'; allowed: activation relu")


def test_long_overrides_are_cut():
    (problem,) = problems(TEXT, "title=" + "[x]" * 100)
    assert len(problem) < 200


def test_an_entry_is_found_by_its_number_however_many_zeros_it_is_written_with():
    text = "000000000000000000000"
    study = read(TEXT, f"claims.{text}.says=other words")
    assert study.claims[0].says == "other words"
    for entry in ("0000000001", text + "7", "9" * 5000, "\N{SUPERSCRIPT TWO}"):
        (problem,) = problems(TEXT, f"claims.{entry}.by=3")
        assert "claims has no entry" in problem
