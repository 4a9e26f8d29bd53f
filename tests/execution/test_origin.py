"""Where a run was trained is told in the same words by every process of a machine."""

import json
import os
import platform
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from experiments import __version__
from experiments.execution import origin as module
from experiments.execution.origin import origin

ROOT = Path(__file__).parents[2]


@pytest.fixture
def anew():
    """What it says now, and not what it said when it was first asked."""
    return module.origin.__wrapped__


def test_it_has_the_versions_and_the_machine():
    told = json.loads(origin())
    assert told.keys() == {
        "python", "packages", "system", "machine", "processor", "simd", "blas",
    }  # fmt: skip
    assert all(told.values())
    assert told["python"] == platform.python_version()
    assert told["packages"].keys() == {"numpy", "scipy", "scikit-learn", module.PROJECT}
    for name in ("numpy", "scipy", "scikit-learn"):
        assert told["packages"][name] == version(name)


def test_it_has_the_project_s_own_version():
    assert json.loads(origin())["packages"][module.PROJECT] == __version__


def test_it_has_the_library_and_the_kernels_that_numpy_multiplies_with():
    (blas,) = json.loads(origin())["blas"]
    keys = {"library": "internal_api", "version": "version", "architecture": "architecture"}
    loaded = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
    assert blas in [{key: pool[name] for key, name in keys.items()} for pool in loaded]


IN_ANOTHER = "from experiments.execution.origin import origin; print(origin())"


def elsewhere(script, **variables):
    """What a script says of its origin in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True, text=True, check=True, cwd=ROOT, env={**os.environ, **variables},
    )  # fmt: skip
    return done.stdout.strip()


def test_it_has_the_instructions_that_numpy_uses_and_not_those_that_it_is_told_to_leave():
    told = json.loads(origin())
    simd = np.show_config(mode="dicts")["SIMD Extensions"]
    assert told["simd"] == [*simd["baseline"], *simd.get("found", [])]
    if not simd.get("found"):
        pytest.skip("NumPy found nothing here beyond what it was built for")
    left = {"NPY_DISABLE_CPU_FEATURES": " ".join(simd["found"])}
    assert json.loads(elsewhere(IN_ANOTHER, **left)) == told | {"simd": simd["baseline"]}


@pytest.mark.parametrize("config", [{}, {"SIMD Extensions": {}}])
def test_a_numpy_that_tells_no_instructions_has_none(monkeypatch, anew, config):
    monkeypatch.setattr(np, "show_config", lambda mode: config)
    assert json.loads(anew())["simd"] == []


def test_it_is_canonical():
    assert origin() == json.dumps(json.loads(origin()), sort_keys=True, separators=(",", ":"))


@pytest.mark.parametrize("imports", ["", "import scipy.linalg, sklearn.datasets; "])
def test_another_process_says_the_same_whatever_it_has_imported(imports):
    assert elsewhere(imports + IN_ANOTHER, PYTHONHASHSEED="7", TZ="UTC+7") == origin()


def test_no_path_is_part_of_it():
    assert str(Path.home()) not in origin()
    assert str(ROOT) not in origin()


def test_where_the_blas_is_unknown_it_is_what_numpy_was_built_with(monkeypatch, anew):
    monkeypatch.setattr(module, "threadpool_info", lambda: [{"user_api": "openmp"}])
    (blas,) = json.loads(anew())["blas"]
    built = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    assert blas == {"library": built["name"], "version": built["version"], "architecture": None}


def test_one_blas_for_all_is_told_wherever_it_lies(monkeypatch, anew):
    pool = {"user_api": "blas", "internal_api": "mkl", "version": "2025", "filepath": "/opt/mkl.so"}
    monkeypatch.setattr(module, "threadpool_info", lambda: [pool])
    assert json.loads(anew())["blas"] == [
        {"library": "mkl", "version": "2025", "architecture": None}
    ]


@pytest.mark.parametrize(
    ("content", "name"),
    [(None, ""), ("flags: sse\n", ""), ("model name\n", ""), ("model name : Arm v9\n", "Arm v9")],
)
def test_the_processor_has_a_name_on_every_system(monkeypatch, anew, content, name):
    class Elsewhere(type(Path())):
        def read_text(self, **how):
            if self.name != "cpuinfo":
                return super().read_text(**how)
            if content is None:
                raise FileNotFoundError(self)
            return content

    monkeypatch.setattr(module, "Path", Elsewhere)
    monkeypatch.setattr(platform, "processor", lambda: "")
    assert json.loads(anew())["processor"] == (name or platform.machine())
