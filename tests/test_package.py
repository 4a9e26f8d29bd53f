"""The package installs, and its command works away from the clone."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

import experiments

ROOT = Path(__file__).parent.parent

CONFIG = """\
dataset: {name: fashion_mnist_mini}
network: {width: 4, activation: [relu, tanh]}
training: {epochs: 0.1, learning_rate: 0.1}
seeds: 6
claims:
  - {faster: relu, than: tanh, to: {train_loss: 2.0}}
"""


def call(*arguments, **more):
    done = subprocess.run(
        [*map(str, arguments)], capture_output=True, text=True, check=False, **more
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_version_and_what_it_needs_are_written_once():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert sorted(project["project"]["dynamic"]) == ["dependencies", "version"]
    found = project["tool"]["setuptools"]["dynamic"]
    assert found["dependencies"] == {"file": ["requirements.txt"]}
    assert found["version"] == {"attr": "experiments.version.__version__"}
    assert experiments.__version__


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel of what is committed or about to be: what git knows, in a folder of its own."""
    clone, out = (tmp_path_factory.mktemp(name) for name in ("clone", "wheel"))
    known = call("git", "ls-files", "-co", "--exclude-standard", cwd=ROOT).splitlines()
    for name in known:
        if not name.startswith(("results/", "tests/")) and (ROOT / name).is_file():
            (clone / name).parent.mkdir(parents=True, exist_ok=True)
            (clone / name).write_bytes((ROOT / name).read_bytes())
    call(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation",
         "--no-cache-dir", "-w", out, clone)  # fmt: skip
    (found,) = out.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """A folder that holds the package alone; what it needs is found where the tests have it."""
    folder = tmp_path_factory.mktemp("installed")
    call(sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-cache-dir",
         "--target", folder, wheel)  # fmt: skip
    return folder


@pytest.mark.slow
def test_the_wheel_holds_the_package_and_nothing_else(wheel):
    assert f"-{experiments.__version__}-" in wheel.name
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        (metadata,) = (name for name in names if name.endswith(".dist-info/METADATA"))
        told = archive.read(metadata).decode()
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"experiments"}
    source = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "experiments").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert source <= set(names)
    needed = [line for line in (ROOT / "requirements.txt").read_text().splitlines()
              if line and not line.startswith("#")]  # fmt: skip
    assert told.count("Requires-Dist: ") == len(needed)


@pytest.mark.slow
def test_its_command_runs_a_study_in_another_folder(installed, tmp_path):
    there = dict(os.environ, PYTHONPATH=str(installed))
    command = installed / "bin" / "convergence"
    assert call(command, "--help", cwd=tmp_path, env=there).startswith("usage: convergence ")
    assert "fashion_mnist_mini" in call(command, "--list", cwd=tmp_path, env=there)
    assert '"$schema"' in call(command, "--schema", cwd=tmp_path, env=there)

    (tmp_path / "tiny.yaml").write_text(CONFIG)
    told = call(command, "tiny.yaml", "--jobs", "1", cwd=tmp_path, env=there)
    assert "report: results/tiny/report.html" in told
    assert (tmp_path / "results" / "tiny" / "train_loss.png").stat().st_size > 0

    told = call(command, "--new", "mine.yaml", cwd=tmp_path, env=there)
    assert told == "mine.yaml is written, and runs as it is: convergence mine.yaml\n"
    first = (tmp_path / "mine.yaml").read_text().splitlines()[0]
    schema = installed / "experiments" / "config" / "schema.json"
    assert first == f"# yaml-language-server: $schema={schema.as_uri()}"


@pytest.mark.slow
def test_from_python_it_is_the_installed_package(installed, tmp_path):
    there = dict(os.environ, PYTHONPATH=str(installed))
    code = "import experiments as e; print(e.__file__); print(e.load({'dataset': 'moons'}).title)"
    told = call(sys.executable, "-c", code, cwd=tmp_path, env=there).splitlines()
    assert told == [str(installed / "experiments" / "__init__.py"), "Study"]
