"""What is read is read once, shared by all seeds and workers, and named by what it holds."""

import os
from dataclasses import replace

import numpy as np
import pytest
from execution.helpers import make_run
from nn.helpers import assert_same_bits

from experiments import config, datasets
from experiments.datasets import DATASETS, reading, record
from experiments.execution.backends import backend_for, lending, workers
from experiments.execution.executing import execute
from experiments.execution.fleets import cut
from experiments.execution.in_flight import results
from experiments.execution.keys import description, run_key
from experiments.nn.examples import Examples, Lying, Stacked
from experiments.nn.training import train
from experiments.parameters import Choice
from experiments.records import Dataset
from experiments.splits import IN_PLACE, Pool, lies, partition


@pytest.fixture(autouse=True)
def _nothing_held(monkeypatch):
    monkeypatch.setattr(reading, "_held", {})


def write(path, rows=60, shift=0.0):
    lines = [f"{i / 7 + shift:.3f},{(i * i) % 11},{i % 2}" for i in range(rows)]
    path.write_text("a,b,y\n" + "\n".join(lines) + "\n", encoding="utf-8")
    return path


def csv(path, **given):
    return Choice.of("csv", DATASETS, path=str(path), **given)


def on(data, **given):
    return replace(make_run(epochs=1.0, **given), data=data)


@pytest.fixture
def everything_in_place(monkeypatch):
    """Even the smallest set that is read stays as it lies."""
    monkeypatch.setattr("experiments.splits.IN_PLACE", -1)


# Keys


def test_a_file_that_is_moved_is_the_same_data(tmp_path):
    there = write(tmp_path / "there.csv")
    before = run_key(on(csv(there)))
    (tmp_path / "folder").mkdir()
    here = there.rename(tmp_path / "folder" / "here.csv")
    assert run_key(on(csv(here))) == before
    assert "here.csv" not in description(on(csv(here)))


def test_another_content_under_the_same_path_is_other_data(tmp_path):
    path = write(tmp_path / "table.csv")
    text = f"dataset: {{name: csv, path: {path.as_posix()}}}"
    (setting,) = config.loads(text, "c").settings
    before = run_key(setting.run("evaluation", 0, 0.1))
    write(path, shift=1.0)
    os.utime(path, ns=(1, 1))
    assert run_key(setting.run("evaluation", 0, 0.1)) == before  # not under a study that runs
    (setting,) = config.loads(text, "c").settings
    assert run_key(setting.run("evaluation", 0, 0.1)) != before


def test_the_digest_is_that_of_the_examples_and_not_of_the_text(tmp_path):
    one = write(tmp_path / "one.csv")
    other = tmp_path / "other.csv"
    other.write_text(one.read_text().replace("\n", "\n\n").replace(",", ", "), encoding="utf-8")
    assert datasets.digest(csv(one)) == datasets.digest(csv(other))
    changed = one.read_text().replace("0.143,1,1", "0.144,1,1")
    other.write_text(changed, encoding="utf-8")
    reading._held.clear()
    assert datasets.digest(csv(one)) != datasets.digest(csv(other))


@pytest.mark.parametrize(
    "change",
    [
        {"inputs": np.arange(6.0).reshape(2, 3)},
        {"inputs": np.arange(6).reshape(3, 2)},
        {"labels": np.array([0, 1, 1])},
        {"given": 1},
        {"gaps": True},
    ],
)
def test_whatever_makes_other_examples_makes_another_digest(change):
    pool = Pool(np.arange(6.0).reshape(3, 2), np.array([0, 1, 0]))
    assert reading.digest_of(replace(pool, **change)) != reading.digest_of(pool)


@pytest.mark.parametrize("name", ["moons", "circles", "digits", "diabetes"])
def test_another_scikit_learn_makes_other_data(monkeypatch, name):
    data = Choice.of(name, DATASETS)
    digests = {}
    for version in ("1.9.0", "1.9.7", "1.10.0", "2.0.1"):
        monkeypatch.setattr(record, "installed", lambda _, version=version: version)
        digests[version] = datasets.digest(data)
    assert digests["1.9.0"] == digests["1.9.7"] == f"{name} version 1"
    assert digests["1.10.0"] == f"{name} version 1, scikit-learn 1.10"
    assert len(set(digests.values())) == 3


def test_what_scikit_learn_does_not_make_does_not_depend_on_it(monkeypatch):
    monkeypatch.setattr(record, "installed", lambda _: "7.7")
    for name in ("xor", "spirals", "blobs", "curve", "gaussian", "mnist1d"):
        assert "7.7" not in datasets.digest(Choice.of(name, DATASETS))


# Where files are found


def test_a_path_is_looked_for_beside_the_config_and_then_in_the_working_directory(
    tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "c.yaml").write_text("dataset: {name: csv, path: table.csv}\n")
    write(tmp_path / "table.csv", rows=60)
    (setting,) = config.load("mine/c.yaml").settings
    assert setting.data.arguments["path"] == "table.csv"
    write(tmp_path / "mine" / "table.csv", rows=80)
    study = config.load("mine/c.yaml")
    (setting,) = study.settings
    assert setting.data.arguments["path"] == "mine/table.csv"
    assert datasets.shape(setting.data).train == 56
    (tmp_path / "results" / "c").mkdir(parents=True)
    resolved = tmp_path / "results" / "c" / "study.yaml"
    resolved.write_text(config.resolved(study), encoding="utf-8")
    assert config.load(resolved).settings == study.settings


def test_a_path_of_an_override_is_found_in_the_same_way(tmp_path):
    (tmp_path / "c.yaml").write_text("dataset: {name: csv, path: table.csv}\n")
    write(tmp_path / "other.csv")
    (setting,) = config.load(tmp_path / "c.yaml", ["dataset.path=other.csv"]).settings
    assert setting.data.arguments["path"] == (tmp_path / "other.csv").as_posix()


def test_two_tables_make_an_axis_that_is_named_after_them(tmp_path):
    write(tmp_path / "one.csv")
    write(tmp_path / "two (b)&.csv")
    text = "dataset: {name: csv, path: [one.csv, 'two (b)&.csv'], target: y}\n"
    (tmp_path / "c.yaml").write_text(text)
    study = config.load(tmp_path / "c.yaml")
    (axis,) = study.axes
    assert axis.labels == ("csv(one.csv, target=y)", "csv(two (b)_.csv, target=y)")
    assert config.loads(config.resolved(study), "c").settings == study.settings


@pytest.mark.parametrize("value", ["3", "[1, 2]", "{a: b}", "''", f"'{'x' * 999}'", '"a\\0b"'])
def test_what_is_no_path_is_a_message(value):
    with pytest.raises(config.ConfigError) as caught:
        config.loads(f"dataset: {{name: csv, path: {value}}}\n", "c", source="c.yaml")
    assert all(line.startswith("c.yaml:1: ") for line in str(caught.value).splitlines())


# Sharing


def test_a_file_is_read_once_whatever_its_split(tmp_path, monkeypatch):
    path = write(tmp_path / "table.csv")
    read, times = DATASETS["csv"].read, []
    row = replace(DATASETS["csv"], read=lambda **how: times.append(how) or read(**how))
    monkeypatch.setitem(DATASETS, "csv", row)
    for share in (0.0, 0.2):
        for seed in range(3):
            datasets.load(csv(path, test=share), "evaluation", seed, "float32")
            datasets.digest(csv(path, test=share))
    assert len(times) == 1


@pytest.mark.usefixtures("everything_in_place")
def test_all_seeds_share_the_memory_of_the_examples(tmp_path):
    data = csv(write(tmp_path / "table.csv"))
    pool = datasets.content_of(data).pool
    loaded = [
        datasets.load(data, stream, seed, dtype)
        for stream in ("tuning", "evaluation")
        for seed in range(3)
        for dtype in ("float32", "float64")
    ]
    assert all(one.inputs is pool.inputs for one in loaded)
    assert len({one.place.order.tobytes() for one in loaded}) == 6  # one for each seed
    examples = Examples(loaded[::2], "float32")
    held = examples._inputs
    assert isinstance(held, Lying)
    assert held._pool is pool.inputs
    own = (value for value in vars(held).values() if isinstance(value, np.ndarray))
    assert sum(array.nbytes for array in own if array is not pool.inputs) == 6 * 60 * 4


def test_small_sets_are_standardised_once_and_large_ones_as_they_are_gathered():
    small, large = (replace(datasets.shape(Choice.of("digits", DATASETS)), train=n)
                    for n in (50_000, 300_000))  # fmt: skip
    assert not lies(small, "float32")
    assert lies(large, "float32")
    assert 4 * 300_539 * 64 > IN_PLACE > 8 * 50_539 * 64


def test_drawn_sets_are_never_left_in_place(monkeypatch):
    monkeypatch.setattr("experiments.splits.IN_PLACE", -1)
    assert datasets.load(Choice.of("moons", DATASETS), "tuning", 0, "float32").place is None


def standardised(lying):
    """Return the same partition, standardised once."""
    values = lying.inputs[lying.place.order]
    out = np.empty(values.shape, "float32")
    return Dataset(lying.place.moments.standardise(values, out), lying.labels, lying.shape)


@pytest.mark.usefixtures("everything_in_place")
@pytest.mark.parametrize("kind", ["bytes", "numbers", "gaps"])
@pytest.mark.parametrize("how", ["feature", "global"])
def test_batches_that_are_standardised_as_they_are_gathered_train_to_the_same_bits(kind, how):
    rng = np.random.default_rng(3)
    inputs = rng.integers(0, 256, (900, 7)).astype(np.uint8)
    if kind != "bytes":
        inputs = inputs / 7
    if kind == "gaps":
        inputs[rng.random(inputs.shape) < 0.1] = np.nan
    pool = Pool(inputs, np.arange(900) % 3, gaps=kind == "gaps")
    shape = replace(
        datasets.shape(Choice.of("moons", DATASETS)), features=7, outputs=3, train=600, test=200
    )
    lying = [
        partition(pool, shape, np.random.default_rng(seed), how, "float32", in_place=True)
        for seed in range(2)
    ]
    runs = [make_run(name, seed=s, epochs=2.0, diagnostics=("gradient", "calibration_error"))
            for name in ("relu", "tanh") for s in (0, 1)]  # fmt: skip
    (fleet,) = cut(runs)
    found, expected = train(fleet, lying), train(fleet, [standardised(one) for one in lying])
    for one, other in zip(found, expected, strict=True):
        assert_same_bits(one, other)
    alone = train(cut([runs[1]])[0], lying[1:])[0]
    assert_same_bits(alone, found[1])


def test_lying_and_stacked_examples_are_the_same_after_seeds_were_dropped():
    rng = np.random.default_rng(3)
    pool = Pool(rng.integers(0, 99, (50, 4)), np.arange(50) % 2)
    shape = replace(
        datasets.shape(Choice.of("moons", DATASETS)), features=4, train=30, validation=10, test=10
    )
    lying = [
        partition(pool, shape, np.random.default_rng(s), "feature", "float32", in_place=True)
        for s in range(3)
    ]
    held = Lying(lying, "float32"), Stacked([standardised(one) for one in lying], "float32")
    for kept in (np.array([True, False, True]), np.array([False, True])):
        for one in held:
            one.keep(kept)
        np.testing.assert_array_equal(held[0].between(3, 41), held[1].between(3, 41))


@pytest.mark.parametrize("how", ["feature", "global"])
def test_moments_by_block_are_those_of_all_at_once(monkeypatch, how):
    monkeypatch.setattr("experiments.splits._BLOCK", 12)
    rng = np.random.default_rng(0)
    inputs = rng.normal(3, 2, (40, 3))
    inputs[:, 1] = 0.1  # its computed mean is not 0.1
    shape = replace(
        datasets.shape(Choice.of("moons", DATASETS)), features=3, train=30, validation=5, test=5
    )
    both = [
        partition(Pool(inputs, np.arange(40) % 2), shape, np.random.default_rng(0), how, "float64",
                  in_place=in_place)
        for in_place in (False, True)
    ]  # fmt: skip
    lying = both[1].inputs[both[1].place.order]
    out = both[1].place.moments.standardise(lying, np.empty(lying.shape))
    np.testing.assert_allclose(out, both[0].inputs, atol=1e-12)
    if how == "feature":
        assert (out[:, 1] == 0).all()


def test_a_fleet_holds_many_seeds_of_a_set_that_they_share(monkeypatch, tmp_path):
    data = csv(write(tmp_path / "table.csv"))
    monkeypatch.setattr("experiments.execution.fleets.STACKED_DATA", 60 * 3 * 4 * 2)
    runs = [on(data, seed=seed, precision="float32") for seed in range(8)]
    assert {fleet.seeds for fleet in cut(runs)} == {2}
    monkeypatch.setattr("experiments.splits.IN_PLACE", -1)
    monkeypatch.setattr("experiments.execution.fleets.STACKED_DATA", 60 * 8 * 8)
    assert {fleet.seeds for fleet in cut(runs)} == {8}


# Workers


def _maps(_, lent):
    """Stand in for a worker's training: tell whether its examples are mapped."""
    inputs = lending.mapped(lent).pool.inputs
    return [isinstance(inputs, np.memmap), float(inputs.sum())]


def trained(fleets, jobs):
    return results(fleets, backend_for(fleets, jobs))


def test_workers_map_one_copy_of_a_large_set_instead_of_reading_it(tmp_path, monkeypatch):
    data = csv(tmp_path / "gone.csv")
    pool = Pool(np.random.default_rng(0).random((50_000, 4)), np.arange(50_000) % 2)
    datasets.lend(data, record.Content(pool, 2, "some digest"))
    monkeypatch.setattr(workers, "_attempt", _maps)
    fleets = cut([on(data, seed=seed) for seed in range(4)], 4)
    for _, (mapped, total) in trained(fleets, 2):
        assert mapped
        assert total == pool.inputs.sum()


def test_what_was_lent_is_mapped_here_too_and_read_again_once_its_file_has_changed(tmp_path):
    path = write(tmp_path / "table.csv")
    fleet = cut([on(csv(path))])[0]
    before = datasets.content_of(csv(path))
    lent = lending.lent(fleet)
    now = datasets.content_of(csv(path))
    assert isinstance(now.pool.inputs, np.memmap)
    np.testing.assert_array_equal(now.pool.inputs, before.pool.inputs)
    assert now.digest == before.digest
    datasets.refresh()
    assert datasets.content_of(csv(path)) is now
    assert lending.lent(fleet) == lent
    write(path, shift=1.0)
    os.utime(path, ns=(1, 1))
    datasets.refresh()
    assert datasets.digest(csv(path)) != before.digest


def test_workers_train_on_what_they_are_lent_to_the_same_bits(tmp_path):
    path = write(tmp_path / "table.csv")
    runs = [on(csv(path), seed=seed) for seed in range(4)]
    fleets = cut(runs, 4)
    expected = {fleet.runs[0]: execute(fleet)[0] for fleet in fleets}
    path.unlink()  # no worker could read it
    for fleet, (trace,) in trained(fleets, 2):
        assert_same_bits(trace, expected[fleet.runs[0]])
