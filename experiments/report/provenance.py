"""Where the runs of a report were trained, and on which seeds."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from experiments import datasets
from experiments.analysis.results import Results
from experiments.analysis.targets import PILOTS


def provenance(results: Results) -> str:
    """Return the origins of a study's evaluation runs, its data and its seeds, as JSON text.

    A function of the runs alone: where and when the report is written is no part of it.

    Args:
        results: whose traces tell where they were trained.

    Returns:
        The origins, each with the number of runs that were trained there, the most frequent first;
        null stands for one that is not known. Then what identifies the examples of each data set
        that has fixed ones. Then the first and the last seed of each stream, null where none is
        used.

    """
    study = results.study
    traces = {
        run: trace
        for settings in (results.settings, *results.others.values())
        for result in settings
        for run, trace in zip(result.runs, result.traces, strict=True)
    }
    counts = Counter(trace.origin for trace in traces.values())
    last = results.seeds - 1
    content = {
        "origins": [
            {"evaluation_runs": count, "origin": _read(origin)}
            for origin, count in sorted(counts.items(), key=lambda found: (-found[1], found[0]))
        ],
        "data": [
            {"name": data.name, "digest": digest}
            for data in dict.fromkeys(setting.data for setting in study.settings)
            if (digest := datasets.digest(data))
        ],
        "evaluation_seeds": [0, last],
        "tuning_seeds": [0, study.tuning.seeds_of(last)[-1]] if study.tuning else None,
        "pilot_seeds": [0, PILOTS - 1] if any(claim.auto for claim in study.time_claims) else None,
    }
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _read(origin: str) -> Any:
    try:
        return json.loads(origin) if origin else None
    except ValueError:
        return origin  # some other text; it is passed on as it is
