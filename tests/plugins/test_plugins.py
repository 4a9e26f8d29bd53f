"""Files of a user's own, with the real command: what is refused, and that workers know them."""

import sqlite3

import pytest
from test_runner import ROOT, run

EXAMPLE = ROOT / "examples" / "my_functions.py"

CONFIG = """\
dataset: {name: rings, examples: 100}
network: {width: 4, activation: [bent, relu]}
training: {epochs: 1, optimizer: sign_sgd, learning_rate: 0.01}
seeds: 6
claims: [{faster: bent, than: relu, to: {train_loss: 0.6}}]
"""


@pytest.fixture
def own(tmp_path):
    """A config of own rows, and a copy of the example that may be changed."""
    (tmp_path / "rings.yaml").write_text(CONFIG)
    (tmp_path / "own.py").write_text(EXAMPLE.read_text())
    return tmp_path


def go(folder, *more, code=0):
    return run(folder / "rings.yaml", "--plugin", folder / "own.py", "--output", folder / "out",
               *more, code=code)  # fmt: skip


def change(folder, old, new):
    text = (folder / "own.py").read_text()
    assert old in text
    (folder / "own.py").write_text(text.replace(old, new))


def keys(folder):
    with sqlite3.connect(folder / "out" / "runs.sqlite") as connection:
        return {key for (key,) in connection.execute("SELECT key FROM traces")}


@pytest.mark.slow
def test_workers_know_the_rows_and_a_changed_file_is_trained_anew(own):
    assert "12 runs trained" in go(own, "--jobs", 2).stdout
    assert "every run was stored already" in go(own).stdout
    before = keys(own)
    change(own, "# An optimizer", "# The optimizer")
    assert "12 runs trained" in go(own, "--quiet", "--jobs", 1).stdout or keys(own) > before
    assert len(keys(own)) == 24


def test_a_config_alone_runs_no_code(own):
    assert "found 'rings'" in run(own / "rings.yaml", code=2).stderr


def test_the_listing_shows_the_rows():
    assert "bent identity" not in run("--list").stdout
    assert "z + curve (sqrt(z^2 + 1) - 1)" in run("--list", "--plugin", EXAMPLE).stdout


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("np.add(1, curve * z", "np.add(2, curve * z", "finite differences"),
        ('name="bent"', 'name="relu"', "the name is taken by another activation"),
        ("    return np.add(z, curve", "    seen.append(1)\n    z = z + len(seen)\n"
         "    return np.add(z, curve", "keeps a state"),
        ("np.sqrt(z * z + 1) - 1)", "np.log(z))", "which is not finite"),
        ("np.subtract(w, rate", "np.add(w, rate", "climbs"),
        ("np.sign(g)", "np.sign(g.sum(axis=0))", "mixes runs"),
        ("out=w)", ")", "does not change w"),
        ("% 2", "% 3", "draws labels from 0 to 2; allowed: 0 to 1"),
        ("rng.uniform(", "np.random.default_rng().uniform(", "let all that is random come"),
        ("split_sizes(2, 2", "split_sizes(3, 2", "its sizes say (600, 3)"),
        ("angle = rng", "angle = lost", "own.py:29: data set 'rings': NameError"),
        ("def ring(", "def ring", "own.py:27: SyntaxError"),
        ("ROWS = [", "ROWES = [", "has no ROWS"),
        ("import numpy as np", "import numpie as np", "own.py:3: ModuleNotFoundError"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_before_anything_trains(own, old, new, says):
    change(own, old, new)
    change(own, "ROWS", "seen = []\nROWS") if "seen" in new else None
    errors = go(own, code=2).stderr
    assert says in errors
    assert "own.py" in errors
    assert not (own / "out").exists()


@pytest.mark.slow
def test_workers_train_with_what_was_read_whatever_becomes_of_the_file(own):
    text = (own / "own.py").read_text()
    (own / "own.py").write_text(text + "\nimport os\nif os.path.exists(__file__):\n"
                                "    os.rename(__file__, __file__ + '.gone')\n")  # fmt: skip
    go(own, "--jobs", 2)
    assert not (own / "own.py").exists()


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.slow
def test_an_error_in_a_function_names_its_line(own, jobs):
    change(own, "    return np.add(z, curve", "    assert z.shape[-2] != 4, 'four'\n"
           "    return np.add(z, curve")  # fmt: skip
    errors = go(own, "--jobs", jobs, code=1).stderr
    assert "own.py:14: AssertionError: four" in errors


@pytest.mark.parametrize(
    ("raised", "says"),
    [
        ("SystemExit", "SystemExit"),
        ("SystemExit(0)", "SystemExit: 0"),
        ("KeyboardInterrupt", "KeyboardInterrupt"),
        ("GeneratorExit", "GeneratorExit"),
        ("type('Own', (BaseException,), {'__str__': lambda e: 1 / 0})()", "Own"),
        (r"ValueError('\x1b[31mred\nnext')", r"ValueError: \x1b[31mred next"),
    ],
)
def test_whatever_a_file_raises_is_told_with_its_line(raised, says, own):
    change(own, "ROWS = [", f"raise {raised}\nROWS = [")
    line = (own / "own.py").read_text().split("raise")[0].count("\n") + 1
    told = go(own, code=2).stderr
    assert told.endswith(f"own.py:{line}: {says}\n")
    assert "Interrupted" not in told


@pytest.mark.parametrize("raised", ["SystemExit(0)", "KeyboardInterrupt", "GeneratorExit"])
@pytest.mark.slow
def test_whatever_a_function_raises_is_told_with_its_line(raised, own):
    before = (own / "own.py").read_text()
    change(own, "    return np.add(z, curve", f"    raise {raised}\n    return np.add(z, curve")
    assert "own.py:14: activation 'bent': " in go(own, code=2).stderr
    (own / "own.py").write_text(before)  # and where no check has met it
    change(own, "    return np.add(z, curve", f"    if z.shape[-2] == 4:\n        raise {raised}\n"
           "    return np.add(z, curve")  # fmt: skip
    for jobs in (1, 2):
        assert "own.py:15: " in go(own, "--jobs", jobs, "--retry-failed", code=1).stderr


@pytest.mark.slow
def test_what_a_file_prints_is_no_part_of_the_output(own):
    plain = go(own, "--validate").stdout
    change(own, "ROWS = [", "print('one')\n__import__('sys').stdout.write('two')\nROWS = [")
    change(own, "    return np.add(z, curve", "    print('three')\n    return np.add(z, curve")
    done = go(own, "--validate")
    assert done.stdout == plain
    assert "one\ntwothree\n" in done.stderr
    done = go(own, "--jobs", 1)
    assert "three" not in done.stdout
    assert "three" in done.stderr


def test_no_text_of_a_row_holds_codes_of_a_terminal(own):
    change(own, 'label="bent identity"', 'label="bent \\x1b[31m"')
    told = go(own, code=2).stderr
    assert "activation 'bent': label is no text that can be printed in a line" in told
    assert "\x1b" not in told


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("", "'' is no file; name one, such as my_functions.py"),
        (".", ".: cannot be read: Is a directory"),
        ("\x1b[31m.py", r"\x1b[31m.py: cannot be read: No such file"),
        ("/dev/zero", "/dev/zero: too long; allowed: at most 1,000,000 bytes"),
    ],
)
def test_a_name_of_no_file_is_told(name, says, own):
    told = run(own / "rings.yaml", "--plugin", name, code=2).stderr
    assert says in told
    assert "\x1b" not in told


@pytest.mark.slow
def test_some_runs_that_fail_end_no_other_and_are_told(own):
    some = "    if z.shape[-2] == 4:\n        assert np.abs(z).max() < 2.9, 'too \\x1b[31mmuch'\n"
    change(own, "    return np.add(z, curve", f"{some}    return np.add(z, curve")
    done = go(own, "--jobs", 1, code=1)
    assert r"own.py:15: AssertionError: too \x1b[31mmuch" in done.stderr
    written = [file.read_bytes() for file in own.rglob("report.md")]
    assert written
    assert not any(
        b"\x1b" in text for text in (done.stderr.encode(), done.stdout.encode(), *written)
    )
    told = " ".join(done.stdout.split())
    assert "runs failed, of which nothing is known" in told
    assert "The same command with --retry-failed tries them again." in told
    assert "every run was stored already" in go(own, code=1).stdout
    failed = int(told.partition(" runs failed, of which")[0].split()[-1])
    assert 0 < failed < 6
    assert len(keys(own)) == 12 - failed
    again = go(own, "--retry-failed", "--jobs", 1, code=1)
    assert f"{failed} runs failed, of which" in " ".join(again.stdout.split())
    assert "tried again one by one" in again.stderr
