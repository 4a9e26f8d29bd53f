"""CSV tables: what they become, and one line that says where for whatever is wrong."""

import csv

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments import config, datasets
from experiments.config import ConfigError
from experiments.datasets import DATASETS, DataError, columns, csv_table
from experiments.parameters import Choice

FLOWERS = """\
length,width,colour,species
1.4,0.2,white,setosa
1.3,0.2,white,setosa
4.7,1.4,violet,versicolor
4.5,1.5,white,versicolor
6.0,2.5,violet,virginica
5.1,1.9,violet,virginica
"""


def write(tmp_path, content, name="table.csv"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def choice(path, **given):
    return Choice.of("csv", DATASETS, path=str(path), **given)


def content(tmp_path, text, **given):
    return datasets.content_of(choice(write(tmp_path, text), **given))


def refused(tmp_path, text, **given):
    """Return the message, without the folder."""
    with pytest.raises(DataError) as caught:
        datasets.shape(choice(write(tmp_path, text), **given))
    message = str(caught.value)
    assert "\n" not in message
    return message.replace(f"{tmp_path}/", "")


# What a table becomes


def test_numbers_stay_and_text_becomes_categories(tmp_path):
    read = content(tmp_path, FLOWERS)
    np.testing.assert_array_equal(
        read.pool.inputs,
        [
            [1.4, 0.2, 0, 1],
            [1.3, 0.2, 0, 1],
            [4.7, 1.4, 1, 0],
            [4.5, 1.5, 0, 1],
            [6.0, 2.5, 1, 0],
            [5.1, 1.9, 1, 0],
        ],
    )
    np.testing.assert_array_equal(read.pool.labels, [0, 0, 1, 1, 2, 2])
    assert read.outputs == 3
    assert not read.regression
    assert read.told == (
        "6 rows of table.csv; the target is 'species'",
        "4 inputs",
        "2 of them are categories of 'colour' (categories: one_hot)",
        "3 classes: setosa 2, versicolor 2, virginica 2",
    )


def test_the_target_may_be_any_column_and_others_left_out(tmp_path):
    read = content(tmp_path, FLOWERS, target="width", leave_out=" colour , species")
    np.testing.assert_array_equal(read.pool.inputs[:, 0], [1.4, 1.3, 4.7, 4.5, 6.0, 5.1])
    np.testing.assert_array_equal(read.pool.labels[:, 0], [0.2, 0.2, 1.4, 1.5, 2.5, 1.9])
    assert read.regression


@pytest.mark.parametrize(
    ("values", "task", "regression", "outputs"),
    [
        ("1 2 1 2", "auto", False, 2),
        ("1 2 1 2", "regression", True, 1),
        ("1.5 2 1 2", "auto", True, 1),
        ("1.5 2 1.5 2", "classification", False, 2),
        ("true false true false", "auto", False, 2),
        (" ".join(map(str, range(21))), "auto", True, 1),
        (" ".join(map(str, range(20))), "auto", False, 20),
        ("a b a b", "auto", False, 2),
    ],
)
def test_the_task_follows_from_the_target_unless_it_is_named(
    tmp_path, values, task, regression, outputs
):
    rows = "".join(f"{i}.5,{value}\n" for i, value in enumerate(values.split()))
    read = content(tmp_path, "x,y\n" + rows, task=task)
    assert (read.regression, read.outputs) == (regression, outputs)


def test_classes_of_numbers_are_counted_in_their_order(tmp_path):
    read = content(tmp_path, "x,y\n1,10\n2,9\n3,-1\n")
    np.testing.assert_array_equal(read.pool.labels, [2, 1, 0])


def test_text_may_be_dropped_or_refused(tmp_path):
    read = content(tmp_path, FLOWERS, categories="drop")
    assert read.pool.inputs.shape == (6, 2)
    assert "text of 'colour' was left out (categories: drop)" in read.told
    message = refused(tmp_path, FLOWERS, categories="refuse")
    assert message.startswith("table.csv:2: column 'colour': found 'white', and text is refused")


@pytest.mark.parametrize(
    ("delimiter", "decimal", "text"),
    [
        (";", ",", "a;b\n1,5;0\n2,5;1\n"),
        ("\t", ".", "a\tb\n1.5\t0\n2.5\t1\n"),
        (",", ".", '\ufeffa,b\r\n"1.5", 0\r\n\r\n2.5,1\r\n\r\n'),
        ("|", ".", "a|b\n1.5|0\n2.5|1"),
    ],
)
def test_tables_of_other_customs(tmp_path, delimiter, decimal, text):
    read = content(tmp_path, text, delimiter=delimiter, decimal=decimal)
    np.testing.assert_array_equal(read.pool.inputs, [[1.5], [2.5]])


def test_without_a_header_columns_are_numbered(tmp_path):
    read = content(tmp_path, "1,2,0\n3,4,1\n", header=False, target="2")
    np.testing.assert_array_equal(read.pool.inputs, [[1, 0], [3, 1]])


@given(st.lists(st.floats(-1e90, 1e90), min_size=2, max_size=20, unique=True))
@settings(max_examples=30)
def test_numbers_are_read_as_they_were_written(tmp_path_factory, numbers):
    rows = "".join(f"{number!r},{i}\n" for i, number in enumerate(numbers))
    read = content(tmp_path_factory.mktemp("bits"), "x,y\n" + rows, task="classification")
    # pandas before 3.1 may be one bit off.
    np.testing.assert_array_max_ulp(read.pool.inputs[:, 0], np.array(numbers), 1)


def test_constant_columns_are_told(tmp_path):
    read = content(tmp_path, "a,b,c,y\n1,x,0.1,0\n1,x,0.2,1\n")
    assert "'a', 'b' is the same in every row and tells nothing" in read.told


def test_uneven_classes_are_told_with_what_guessing_gives(tmp_path):
    rows = "".join(f"{i},{'rare' if i < 5 else 'common'}\n" for i in range(100))
    told = content(tmp_path, "x,y\n" + rows).told[-1]
    assert told.startswith("2 classes: common 95, rare 5; they are uneven, 19 to 1")
    assert "right in 95 %" in told
    assert "balanced_accuracy" in told


# What is missing

HOLES = "a,kind,y\n1,u,0\n,v,1\n3,,0\n4,u,1\n5,v,0\n6,u,1\n"


def test_rows_with_missing_values_are_dropped_if_asked(tmp_path):
    read = content(tmp_path, HOLES, missing="drop")
    np.testing.assert_array_equal(read.pool.inputs[:, 0], [1, 4, 5, 6])
    assert "2 rows with missing values were dropped (missing: drop)" in read.told
    assert not read.pool.gaps


def test_missing_values_become_the_mean_of_the_training_split(tmp_path):
    rng = np.random.default_rng(0)
    numbers = rng.normal(5, 2, 200)
    holes = rng.random(200) < 0.2
    rows = "".join(
        f"{'' if hole else number},{number:.3f},{i % 2}\n"
        for i, (number, hole) in enumerate(zip(numbers, holes, strict=True))
    )
    data = choice(write(tmp_path, "a,b,y\n" + rows), missing="mean")
    assert f"{holes.sum()} missing values become" in " ".join(datasets.told(data))
    loaded = datasets.load(data, "evaluation", 0, "float64")
    column, train = loaded.inputs[:, 0], loaded.shape.train
    assert (column == 0).sum() == holes.sum()
    known = column[:train][column[:train] != 0]
    np.testing.assert_allclose([known.mean(), known.std()], [0, 1], atol=1e-12)


def test_a_missing_target_has_no_mean(tmp_path):
    message = refused(tmp_path, "x,y\n1,0\n2,\n3,1\n", missing="mean")
    assert message.startswith("table.csv:3: column 'y': the target is missing")
    assert content(tmp_path, "x,y\n1,0\n2,\n3,1\n4,0\n", missing="drop").outputs == 2


# What is wrong

WRONG = {
    "text in a number column": (
        "age,y\n31,0\n\n25,1\nold,0\n40,1\n",
        {},
        "table.csv:5: column 'age': found 'old', and numbers in most other rows",
    ),
    "text after a quoted line break": (
        'note,age,y\n"two\nlines",31,0\nb,25,1\nc,?,0\n',
        {},
        "table.csv:5: column 'age': found '?'",
    ),
    "one class": ("x,y\n1,a\n2,a\n", {}, "table.csv: column 'y': there is one class only, a"),
    "a constant target": (
        "x,y\n1,0.5\n2,0.5\n", {"task": "regression"},
        "table.csv: column 'y': it is 0.5 in every row, nothing to predict",
    ),
    "a short row": ("a,b,y\n1,2,0\n1,2\n", {}, "table.csv:3: 2 values in a table of 3 columns"),
    "a short row, with a rule for what is missing": (
        "a,b,y\n1,2,0\n1,2\n", {"missing": "drop"},
        "table.csv:3: 2 values in a table of 3 columns",
    ),
    "a long row": ("a,b,y\n1,2,0\n1,2,3,0\n", {}, "table.csv:3: 4 values in a table of 3"),
    "every row is long": ("a,y\n1,2,0\n1,2,1\n", {}, "table.csv:2: 3 values in a table of 2"),
    "infinity": ("x,y\n1,0\n-inf,1\n", {}, "table.csv:3: column 'x': found -inf; allowed:"),
    "an infinite target": ("x,y\n1,0.5\n2,1e999\n", {}, "table.csv:3: column 'y': found inf"),
    "beyond numbers": ("x,y\n1,0\n1e200,1\n", {}, "table.csv:3: column 'x': found 1e+200"),
    "a missing value": ("x,z,y\n1,1,0\n,1,1\n", {}, "table.csv:3: column 'x': the value is miss"),
    "all rows are dropped": (
        "a,b,y\n1,,0\n,2,1\n", {"missing": "drop"}, "table.csv:2: column 'a': every row has a"
    ),
    "wrong encoding": (
        "näme,y\n1,0\nü,1\n".encode("latin-1"), {},
        "table.csv:1: the byte 0xE4 is not UTF-8 text",
    ),
    "wrong encoding further down": (
        "name,y\na,0\nb,1\nü,1\n".encode("latin-1"), {}, "table.csv:4: the byte 0xFC is not UTF-8"
    ),
    "utf-16": ("x,y\n1,0\n".encode("utf-16"), {}, "table.csv: found a zero byte"),
    "empty": ("", {}, "table.csv: the file is empty"),
    "blank": ("\n \n", {}, "table.csv: the file has blank lines only"),
    "no rows": ("x,y\n", {}, "table.csv: there are no rows under the columns' names"),
    "a million columns": (
        ",".join(map(str, range(1_000_000))) + "\n", {}, "table.csv:1: 615,060 or more columns"
    ),
    "many columns": (
        ",".join(map(str, range(20_001))) + "\n", {}, "table.csv:1: 20,001 columns; allowed: at mo"
    ),
    "one column": ("y\n0\n1\n", {}, "table.csv: one column only; there must be a column to pr"),
    "another delimiter": ("x;y\n1;0\n", {}, "table.csv: one column only; if they are separated"),
    "no header": ("1,2\n3,4\n", {}, "table.csv:1: found numbers where the columns' names are"),
    "a name twice": ("x,x,y\n1,2,0\n", {}, "table.csv:1: two columns are called 'x'"),
    "a column without a name": (",x,y\n0,1,0\n", {}, "table.csv:1: column 1 has no name"),
    "a target that is not there": (
        FLOWERS, {"target": "specie"},
        "table.csv: there is no column 'specie' (target); its columns: length, width, colour, "
        "species; did you mean 'species'?",
    ),
    "a column to leave out that is not there": (
        FLOWERS, {"leave_out": "colour,with"},
        "table.csv: there is no column 'with' (leave_out); its columns: length, width, species; "
        "did you mean 'width'?",
    ),
    "text to predict": (
        FLOWERS, {"task": "regression"}, "table.csv: column 'species': text is no number to predict"
    ),
    "names of rows": (
        "name,y\n" + "".join(f"row {i},{i % 2}\n" for i in range(101)), {},
        "table.csv: column 'name' has 101 different texts; allowed: at most 100 categories",
    ),
    "too many classes": (
        "x,y\n" + "".join(f"{i},name {i}\n" for i in range(1001)), {},
        "table.csv: column 'y': 1,001 different values; allowed: at most 1000 classes",
    ),
    "an open quote": ('x,y\n1,0\n"2,1\n', {}, "table.csv:3: a quotation mark is"),
    "an open quote at once": ('"x,y\n1,0\n', {}, "table.csv:1: a quotation mark is opened"),
    "fewer rows than classes": (
        "x,y\n" + "".join(f"{i},c{i % 7}\n" for i in range(8)), {},
        "csv (test 0.2, validation 0.1): 5 examples are left for training, and there must be at "
        "least one for each of the 7 classes",
    ),
    "a cell without end": (
        'x,y\n1,0\n"' + "z" * 200_000 + '",1\n?,0\n2,inf\n1,0\n4,1\n', {"target": "x"},
        "table.csv:3: field larger than field limit",
    ),
    "names after blank lines": ("\n\nx,x,y\n1,2,0\n", {}, "table.csv:3: two columns are"),
    "a picture": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", {}, "table.csv: found a zero byte"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_one_line_that_says_where(tmp_path, name):
    text, given, expected = WRONG[name]
    assert expected in refused(tmp_path, text, **given)


def test_paths_that_are_no_file(tmp_path):
    for path, expected in (
        (tmp_path, "is a folder; name a file"),
        (tmp_path / "tabel.csv", "there is no such file; did you mean 'table.csv'?"),
        (tmp_path / "nowhere" / "x.csv", "there is no such file"),
        ("x" * 300, "x: cannot be read: File name too long"),
        ("", "csv: name the table, as in {name: csv, path: ...}"),
    ):
        write(tmp_path, FLOWERS)
        with pytest.raises(DataError) as caught:
            datasets.shape(choice(path))
        assert expected in str(caught.value)


def test_a_mistake_in_a_table_is_told_with_the_line_of_the_config(tmp_path):
    write(tmp_path, "x,y\n1,0\n?,1\n3,0\n4,1\n")
    path = write(tmp_path, "seeds: 6\ndataset: {name: csv, path: table.csv}\n", "c.yaml")
    with pytest.raises(ConfigError) as caught:
        config.load(path)
    (line,) = str(caught.value).splitlines()
    assert line.startswith(
        f"{path.as_posix()}:2: dataset: {tmp_path}/table.csv:3: column 'x': found '?'"
    )


def test_fewer_rows_than_a_batch_are_told(tmp_path):
    write(tmp_path, FLOWERS)
    text = "dataset: {name: csv, path: table.csv}\ntraining: {batch_size: 7}\n"
    with pytest.raises(ConfigError, match="batch_size: found 7; allowed: at most 4, the training"):
        config.load(write(tmp_path, text, "c.yaml"))


CELLS = st.one_of(
    st.sampled_from(["1", "2", "-3.5", "a", "b", "", "nan", "inf", "1e400", "NA", "true", " 7"]),
    st.text(alphabet='ab1,;"\n\r\t \0é', max_size=4),
)


@given(
    st.lists(st.lists(CELLS, min_size=1, max_size=4), max_size=8),
    st.binary(max_size=6),
    st.sampled_from(["refuse", "drop", "mean"]),
    st.sampled_from(["one_hot", "drop", "refuse"]),
    st.sampled_from(["auto", "classification", "regression"]),
    st.booleans(),
)
@settings(max_examples=300)
def test_any_file_is_a_data_set_or_a_message(
    tmp_path_factory, rows, end, missing, categories, task, header
):
    folder = tmp_path_factory.getbasetemp()
    path = folder / "fuzz.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    path.write_bytes(path.read_bytes() + end)
    rules = {"missing": missing, "categories": categories, "task": task}
    message = None
    try:
        read = csv_table.read(str(path), ",", ".", header, **rules, target="", leave_out="")
    except DataError as error:
        message = str(error)
    if message is not None:
        assert "fuzz.csv" in message
        assert len(message.splitlines()) == 1
        return
    inputs, labels = read.pool.inputs, read.pool.labels
    assert len(inputs) == len(labels) > 1
    assert not np.isinf(inputs).any()
    assert np.isnan(inputs).any() == read.pool.gaps <= (missing == "mean")
    assert np.isfinite(labels).all()
    assert read.regression or set(labels) == set(range(read.outputs))


def test_the_table_is_not_held_twice(tmp_path):
    """What is read of a column is taken out of the table."""
    table = dict(csv_table.pd.read_csv(write(tmp_path, FLOWERS)).items())
    columns.content(table, columns.Rules(), "table", lambda row, column: "")
    assert table == {}


def test_a_table_may_be_as_wide_as_it_is_allowed_to_be(tmp_path):
    """Which took minutes, as each column was taken out of all those that were left."""
    names = ",".join(f"x{number}" for number in range(20_000))
    rows = "".join(",".join("1" * 19_999 + str(row % 2)) + "\n" for row in range(8))
    assert content(tmp_path, f"{names}\n{rows}").pool.inputs.shape == (8, 19_999)
