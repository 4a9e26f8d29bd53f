"""CSV files as data sets: of any encoding, ragged, empty, wide, huge, or no tables at all."""

from __future__ import annotations

from functools import cache
from random import Random

from hypothesis import strategies as st

from benchmarks.fuzzing.inputs import PLAN, TABLE, Input, mostly, of_config

_CELLS = st.one_of(
    st.integers(-3, 3).map(str),
    st.floats(-10, 10).map(lambda number: f"{number:.4g}"),
    st.sampled_from((
        "", " ", "0", "1", "a", "b", "yes", "no", "true", "False", "nan", "NA", "null", "inf",
        "-inf", "1e308", "1e309", "-1e300", "5e-324", "9" * 30, "9" * 400, "9" * 5000, "1,5",
        "1.5.2", "0x10", "1_000", "=1+1", "@x", "-", "+", '"', '""', '"a', 'a"b', '"a\nb"', "\0",
        "\x1b[31m", "é", "\u2028", "\ufeff", "<b>", "$x", "\\", "1 2", "a" * 5000, "2026-01-01",
    )),
    st.text(max_size=6),
)  # fmt: skip

_OPTIONS = {
    "target": ("y", "x0", "nothing", "''", '" "', r'"\e[31m"', "1", "12"),
    "task": ("classification", "regression", "auto", "other"),
    "missing": ("refuse", "drop", "mean", "other"),
    "categories": ("one_hot", "drop", "refuse", "other"),
    "leave_out": ("x0", "y", "'x0, y'", "','", "nothing"),
    "delimiter": ("','", "';'", r'"\t"', "'|'", "' '", "x", "''"),
    "decimal": ("'.'", "','", "';'"),
    "header": ("true", "false", "1"),
    "validation": ("0.2", "0", "1", "-1"),
    "test": ("0.2", "0", "1", "0.99"),
    "path": ("nowhere.csv", ".", "''", r'"a\tb"', "study.yaml", "'" + "p" * 900 + "'", "/dev/null"),
}


_COLUMNS = (("0", "1"), ("0", "1", "2"), ("a", "b"), ("0.5", "1.5", "-2e3"), ("1",), ("",))


@st.composite
def _rows(draw: st.DrawFn) -> str:
    """Draw a table of a few columns, most of whose rows have as many values as there are names."""
    several = st.lists(st.sampled_from(_COLUMNS[:-1]), min_size=2, max_size=5)
    usual = draw(mostly(several, st.lists(st.sampled_from(_COLUMNS), max_size=2)))
    delimiter = draw(mostly(st.just(","), st.sampled_from(";\t| ")))
    end = draw(mostly(st.just("\n"), st.sampled_from(("\r\n", "\r", "\n\n"))))
    chance = Random(draw(st.integers(0, 2**32)))
    rows = [
        [chance.choice(kinds) for kinds in usual]
        for _ in range(draw(mostly(st.integers(20, 60), st.integers(0, 19))))
    ]
    odd = st.just([]) | st.lists(st.sampled_from(rows or [[]]), max_size=3)
    for row in filter(None, draw(odd)):
        if draw(st.integers(0, 3)):
            row[draw(st.integers(0, len(row) - 1))] = draw(_CELLS)
        else:
            row.append("1")
    names = [f"x{number}" for number in range(len(usual) - 1)]
    return end.join(map(delimiter.join, [[*names, "y"], *rows])) + draw(
        mostly(st.just(end), st.sampled_from(("", '"')))
    )


@cache
def _wide(count: int) -> bytes:
    names = ",".join(f"x{number}" for number in range(count))
    return f"{names}\n{','.join('1' * count)}\n".encode()


def _content() -> st.SearchStrategy[bytes]:
    encoded = st.tuples(
        _rows(), mostly(st.just("utf-8"), st.sampled_from(("utf-8-sig", "utf-16", "latin-1")))
    ).map(lambda pair: pair[0].encode(pair[1], "replace"))
    cells = st.lists(_CELLS, max_size=30).map(
        lambda found: ",".join(found).encode("utf-8", "surrogatepass")
    )
    odd = st.sampled_from((
        b"", b"\n", b"\n" * 5000, b"\0", b"\0" * 5000, b"\xff\xfe", b"PK\3\4" + b"\0" * 100,
        b'"' * 999, b'"' + b"a,b\n" * 5000, b"," * 5000, b",\n" * 5000,
        b"a,b\n" + b"1,2\n3,4\n" * 100_000,
        b"a" * 5_000_000, b"a,y\n" + b"1,0\n" * 50 + b"2," + b"9" * 100_000 + b"\n",
    ))  # fmt: skip
    wide = st.sampled_from((2, 500, 20_000, 150_000, 1_000_000)).map(_wide)
    rare = (wide, odd, st.binary(max_size=300) | cells)
    return st.sampled_from(range(12)).flatmap(lambda n: rare[n] if n < len(rare) else encoded)


@st.composite
def tables(draw: st.DrawFn) -> Input:
    """Draw a CSV file, and a config that names it with options that may not fit."""
    some = st.lists(st.sampled_from(sorted(_OPTIONS)), max_size=3, unique=True)
    keys = draw(st.just([]) | some)
    how = {"path": TABLE} | {key: draw(st.sampled_from(_OPTIONS[key])) for key in keys}
    written = ", ".join(f"{key}: {value}" for key, value in how.items())
    text = (
        f"dataset: {{name: csv, {written}}}\n"
        "network: {width: 3, activation: [relu, tanh]}\n"
        "training: {learning_rate: 0.1, epochs: 1, batch_size: 4}\nseeds: 8\n"
    )
    return of_config(text, *PLAN, files=((TABLE, draw(_content())),))
