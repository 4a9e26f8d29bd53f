"""Files of a user's own: one that works, with lines and words put in the place of others."""

from __future__ import annotations

import re
from pathlib import Path

from hypothesis import strategies as st

from benchmarks.fuzzing.inputs import CONFIG, PLAN, PLUGIN, Input, mostly

_EXAMPLE = (Path(__file__).parents[2] / "examples" / "my_functions.py").read_text(encoding="utf-8")
_WORDS = sorted({found.group() for found in re.finditer(r"[\w.]+|\"[^\"]*\"", _EXAMPLE)})

_PUT = (
    "None", "0", "1", "-1", "2", "nan", "np.nan", "np.inf", "''", "'relu'", "'name'", "'A b'",
    r"'\x1b[31m'", r"'\u202e'", "'=1+1'", "'$x'", "'\\n'", "b''", "[]", "{}", "()", "object()",
    "lambda *a, **k: None", "lambda *a, **k: 1 / 0", "lambda: None", "print", "int", "np.zeros(3)",
    "np.zeros((3, 4))", "np.array('a')", "10**30", "1e400", "'x' * 5000", "Parameter", "Activation",
    "ROWS", "{'a': Parameter(0.0, 'x')}", "{'a': Parameter('b', 'x')}", "{1: 2}", "(0, 1)",
    "(1, 0)", "True", "...",
)  # fmt: skip

_LINES = (
    "raise ValueError('no')", "raise SystemExit(0)", "raise KeyboardInterrupt",
    "raise GeneratorExit", "raise ValueError(chr(27) + '[31m')", "1 / 0",
    "raise type('E', (BaseException,), {'__str__': None})()", "print('text')",
    "import sys; sys.exit(3)", "import nowhere", "from os import nowhere", "ROWS = []",
    "ROWS = None", "ROWS = 3", "ROWS = [1, None]", "ROWS = ROWS * 2", "ROWS = {1: ROWS}",
    "ROWS = iter(ROWS)", "ROWS = tuple(ROWS)", "del ROWS", "x = [0] * 10**6", "(", "'", "\tx = 1",
    "    x = 1", "return 1", "yield 1", "await x", "def f(): f()", "def f(): f()\nf()", "\0",
    "assert False", "assert False, chr(0x202e)", "warnings", "import warnings; warnings.warn('w')",
    "np.zeros(-1)", "np.log(0)", "import threading; threading.stack_size(1)", "global ROWS",
    "class Row(Activation): pass", "ROWS[0] = type('R', (), {})()", "ROWS[0].name = 'x'",
    "object.__setattr__(ROWS[0], 'name', 3)", "object.__setattr__(ROWS[0], 'parameters', None)",
    "object.__setattr__(ROWS[0], 'label', type('S', (str,), {'strip': None})('a'))",
    "x = " + "-" * 3000 + "1", "x = " + "(" * 150 + ")" * 150, "x = " + "[" * 300 + "]" * 300,
)  # fmt: skip


@st.composite
def _changed(draw: st.DrawFn) -> bytes:
    lines = _EXAMPLE.splitlines()
    for _ in range(draw(st.integers(1, 3))):
        number = draw(st.integers(0, len(lines) - 1))
        how = draw(
            st.sampled_from(("delete", "double", "insert", "insert", "word", "word", "word"))
        )
        if how == "delete" and len(lines) > 1:
            del lines[number]
        elif how == "double":
            lines.insert(number, lines[number])
        elif how == "insert":
            line = draw(st.sampled_from(_LINES))
            lines.insert(draw(st.sampled_from((number, len(lines)))), line)
        else:
            old, new = draw(st.sampled_from(_WORDS)), draw(st.sampled_from((*_PUT, *_WORDS)))
            count = draw(st.sampled_from((1, -1)))
            lines = "\n".join(lines).replace(old, new, count).splitlines() or [""]
    return ("\n".join(lines) + "\n").encode("utf-8", "surrogatepass")


_NO_FILES = st.sampled_from(("", " ", ".", "nowhere.py", "/dev/null", "\x1b[31m", "a" * 5000, "é"))


@st.composite
def plugins(draw: st.DrawFn) -> Input:
    """Draw a file of a user's own, and the command that lists it or plans a study with its rows."""
    content = draw(
        mostly(
            _changed(),
            st.binary(max_size=200),
            st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")),
        )
    )
    name = draw(mostly(st.just(PLUGIN), _NO_FILES))
    text = (
        "dataset: {name: rings, examples: 100}\n"
        "network: {width: 3, activation: [bent, relu]}\n"
        "training: {learning_rate: 0.1, epochs: 1, optimizer: sign_sgd}\nseeds: 8\n"
    )
    return Input(((CONFIG, text.encode()), (PLUGIN, content)), (CONFIG, *PLAN, f"--plugin={name}"))
