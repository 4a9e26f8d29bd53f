"""Where and when a report was made: the one file of it that differs between machines."""

from __future__ import annotations

import json
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from threadpoolctl import threadpool_info

from experiments.analysis.results import Results

PACKAGES = ("numpy", "scipy", "scikit-learn", "pandas", "matplotlib", "pydantic", "joblib")


def provenance(results: Results) -> str:
    """Return versions, machine, seeds and data as JSON text."""
    study = results.study
    content = {
        "written": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "packages": {name: version(name) for name in PACKAGES},
        "system": platform.platform(),
        "cpu": _cpu(),
        "blas": [
            {key: pool.get(key) for key in ("internal_api", "version", "architecture")}
            for pool in threadpool_info()
            if pool.get("user_api") == "blas"
        ],
        "threads_per_run": 1,
        "evaluation_seeds": [0, results.seeds - 1],
        "tuning_seeds": [0, study.tuning.seeds - 1] if study.tuning else None,
        "training_seconds": round(
            sum(trace.seconds for result in results.settings for trace in result.traces), 1
        ),
    }
    return json.dumps(content, indent=2) + "\n"


def _cpu() -> str:
    try:  # the one place where Linux names the processor
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration, IndexError):
        return platform.processor() or platform.machine()
