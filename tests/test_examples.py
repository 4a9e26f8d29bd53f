"""The notebooks in examples/ run, and were committed without what they print."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parent.parent
NOTEBOOKS = sorted((ROOT / "examples").glob("*.ipynb"))


def test_there_is_one():
    assert NOTEBOOKS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_it_is_committed_without_outputs(path):
    cells = nbformat.read(path, as_version=4).cells
    assert all(not cell.outputs and cell.execution_count is None
               for cell in cells if cell.cell_type == "code")  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
# What a kernel leaves open when it ends is not ours to close.
@pytest.mark.filterwarnings("default")
def test_it_runs(path, tmp_path, monkeypatch):
    """From a folder beside the package, as in a clone, so that its store is not left here."""
    (tmp_path / "examples").mkdir()
    copied = shutil.copy(path, tmp_path / "examples")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    notebook = nbformat.read(copied, as_version=4)
    client = NotebookClient(
        notebook, timeout=300, resources={"metadata": {"path": os.fspath(tmp_path / "examples")}}
    )
    client.execute()  # an error in a cell is raised here
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    shown = [output.data for output in outputs if "data" in output]
    assert any("text/html" in data and "<h3>Which activation" in data["text/html"]
               for data in shown)  # fmt: skip
    assert sum("image/png" in data for data in shown) >= 2
    assert not any(output.get("name") == "stderr" and "Warning" in output.text
                   for output in outputs)  # fmt: skip
    assert (tmp_path / "examples" / "results" / "runs.sqlite").exists()
