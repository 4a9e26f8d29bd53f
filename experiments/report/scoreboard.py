"""The scoreboard: what the studies in a folder say of the statements of their sources."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from experiments.analysis.verdicts import OUTCOMES
from experiments.clocks import UPDATES
from experiments.report import words
from experiments.report.cells import bare
from experiments.report.rendering import part, render, render_html
from experiments.report.scoreboard_mark import MARK, NAME, is_ours, signed
from experiments.whole_files import alone, replace_text

PAGES = ("report.html", "report.md")
PICTURES = (
    "map.png",
    "ratio_by_target.png",
    "train_loss.png",
    "measures.png",
    "layers.png",
    "functions.png",
)
"""What stands for a report in the index: the first that it has."""

DAMAGED = "damaged; run the study again"
"""What is told of a report of which not every file is whole."""

ANSWERS = {
    "stands": "every comparison that is decided supports it",
    "under conditions": "some comparisons support it, and others do not",
    "in direction at most": "none supports its size; in some, or all, its direction is right",
    "does not stand here": "every comparison that is decided refutes it",
    "open": "no comparison is decided",
}
"""What the answers to a statement mean."""

# Texts as they were written, and none of what YAML 1.1 takes a `no` or a `12:30` for. The parser in
# C is ten times faster, where libyaml was there when PyYAML was built.
_Loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


@dataclass(frozen=True, slots=True)
class Tested:
    """One claim of one study, put to the test."""

    study: str  # the folder of its report
    page: str  # of the report, the file to open
    says: str
    verdicts: str
    effect: str


@dataclass(slots=True)
class Statement:
    """One statement of a source and all that was found of it."""

    number: int
    says: str
    tested: list[Tested] = field(default_factory=list)
    outcomes: Counter = field(default_factory=Counter)
    directions: Counter = field(default_factory=Counter)  # of claims whose size is in `outcomes`

    @property
    def answer(self) -> str:
        """The answer in a word or two; see ANSWERS."""
        refuted = self.outcomes["refuted"] > 0
        if self.outcomes["supported"]:
            return "under conditions" if refuted else "stands"
        if self.directions["supported"]:
            return "in direction at most"
        return "does not stand here" if refuted else "open"

    @property
    def partly_open(self) -> bool:
        """Whether comparisons are left undecided beside others that are not."""
        every = self.outcomes + self.directions
        return 0 < every["inconclusive"] + every["untestable"] < every.total()

    @property
    def studies(self) -> list[tuple[str, str]]:
        """The folders and pages of the reports that it is answered in."""
        return list(dict.fromkeys((claim.study, claim.page) for claim in self.tested))


@dataclass(frozen=True, slots=True)
class Source:
    """The statements of one source, by their numbers."""

    name: str  # empty for those whose source has no name
    statements: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """The report of one study, as it lies in the folder."""

    name: str
    title: str
    source: str  # empty if it has no name
    article: dict[int, str]  # the statements of its source
    verdicts: pd.DataFrame | None  # None if it is damaged
    page: str = "report.md"  # the file to open
    picture: str = ""  # the file of its main figure, if it has one

    @property
    def outcomes(self) -> str:
        """How often there is which verdict."""
        if self.verdicts is None:
            return DAMAGED
        return _counted(Counter(self.verdicts["verdict"])) or "no claims"


def write(folder: Path) -> Path | None:
    """Write README.md and index.html, which list all reports in a folder; return the first's path.

    A function of the reports' verdicts.csv and study.yaml alone, so that it is the same after any
    order of studies; a folder that holds no report is passed over, and of one whose writing was
    interrupted it is told that it is damaged. Beside a README.md that is not a scoreboard nothing
    is written.

    Args:
        folder: in which each study has a folder of its own.

    Returns:
        None if nothing was written.

    """
    path = folder / NAME
    if not _listed(folder) or not is_ours(path):
        return None
    with alone(folder):  # of studies that end at the same time, the last one reads all reports
        _write(path, list(_reports(folder)))
    return path


def _write(path: Path, reports: list[Report]) -> None:
    content = {"sources": _sources(reports), "reports": reports, "answers": tuple(ANSWERS.items())}
    text = render("scoreboard.md.j2", mark=MARK, **content)
    page = render_html("index.html.j2", style=part("page.css"), **content)
    replace_text(path.with_name("index.html"), page)
    replace_text(path, signed(text, path.parent))  # last, since it tells what both are made from


def _listed(folder: Path) -> list[Path]:
    """Return the folders of the reports, by name."""
    found = (config.parent for config in sorted(folder.glob("*/study.yaml")))
    return [report for report in found if (report / "verdicts.csv").exists()]


def _reports(folder: Path) -> Iterator[Report]:
    for report in _listed(folder):
        name = report.name
        try:
            found = _read(name, _text(report / "study.yaml"), _text(report / "verdicts.csv"))
        except (yaml.YAMLError, ValueError, KeyError, TypeError):
            found = Report(name, name, "", {}, None)
        yield replace(found, page=_first(report, PAGES), picture=_first(report, PICTURES))


def _first(folder: Path, names: Iterable[str]) -> str:
    """Return the first of the files that is there; nothing if none is."""
    return next((name for name in names if (folder / name).exists()), "")


def _text(path: Path) -> str:
    text = path.read_text(encoding="utf-8")
    if not text.endswith("\n"):
        raise ValueError(f"{path} ends within a line")
    return text


def _read(name: str, config: str, table: str) -> Report:
    """Read a report back; whatever is raised, one of its files is not whole."""
    study = yaml.load(config, _Loader)
    if not isinstance(study, dict):
        raise TypeError(f"no study: {study}")
    title, source = study["title"], study.get("source", "")
    if not isinstance(title, str) or not isinstance(source, str):
        raise TypeError(f"no texts: {title}, {source}")
    article = {int(row["number"]): str(row["says"]) for row in study.get("article", ())}
    verdicts = pd.read_csv(io.StringIO(table), dtype=str, keep_default_na=False).map(bare)
    # No claim of a time to target may be among them, or an older version have written them.
    for column, usual in (("hypothesis", ""), ("clock", UPDATES), ("conditions", "1")):
        verdicts[column] = verdicts.get(column, usual)
    for column in ("estimate", "low", "high", "conditions"):
        verdicts[column] = pd.to_numeric(verdicts[column])
    if unknown := set(verdicts["verdict"]) - OUTCOMES.keys():
        raise ValueError(f"no verdict: {unknown}")
    verdicts["claim"] = verdicts["claim"].astype(int)
    if "answers" in verdicts:
        verdicts["answers"] = pd.to_numeric(verdicts["answers"])
        if unknown := set(verdicts["answers"].dropna()) - article.keys():
            raise ValueError(f"no statement: {unknown}")
    return Report(name, title, source, article, verdicts)


def _sources(reports: list[Report]) -> list[Source]:
    """Gather what is said of each source's statements; the source without a name comes first."""
    found: dict[tuple[str, int], Statement] = {}
    for report in reports:
        for number, says in report.article.items():
            found.setdefault((report.source, number), Statement(number, says))
    for report in reports:
        if report.verdicts is None or "answers" not in report.verdicts:
            continue
        for (number, _), rows in report.verdicts.groupby(["answers", "claim"]):
            _add(found[report.source, int(number)], report, rows)
    return [
        Source(name, tuple(found[place] for place in places))
        for name, places in groupby(sorted(found), key=lambda place: place[0])
    ]


def _add(statement: Statement, report: Report, rows: pd.DataFrame) -> None:
    """Add what is found of one claim to the statement that it answers.

    Where a factor is claimed, its size is what is judged; that the direction is right is told
    beside it, and is no support for the size.
    """
    of_direction = rows["hypothesis"] == "direction"
    sized = (rows["hypothesis"] == "size").any()
    judged = rows[~of_direction] if sized else rows
    outcomes = Counter(judged["verdict"])
    statement.outcomes += outcomes
    verdicts = _counted(outcomes)
    if sized:
        directions = Counter(rows["verdict"][of_direction])
        statement.directions += directions
        verdicts = f"faster: {_counted(directions)}; by the factor: {verdicts}"
    says = rows["says"].iloc[0]
    statement.tested.append(Tested(report.name, report.page, says, verdicts, _effect(judged)))


def _counted(outcomes: Counter) -> str:
    if len(outcomes) == 1 and outcomes.total() == 1:
        return next(iter(outcomes))
    return ", ".join(f"{outcome} {count}" for outcome, count in outcomes.most_common())


def _effect(rows: pd.DataFrame) -> str:
    """Write the effect of one comparison with its interval, or the range of several.

    Of a claim that was judged over all conditions together, it is that.
    """
    known = rows[(rows["verdict"] != "untestable") & rows["estimate"].notna()]
    unbounded = (known["kind"] == "faster") & (known["low"] == 0) & np.isinf(known["high"])
    if unbounded.all():
        return "–" if known.empty else "no usable estimate"
    known = known[~unbounded]
    together = known[known["conditions"] > 1]
    known = together if len(together) else known
    numbers = known[["estimate", "low", "high"]]
    unit = f" times the {known['clock'].iloc[0]}"
    if known["kind"].iloc[0] != "faster":
        unit = f" {known['unit'].iloc[0]}".rstrip()
    if len(known) == 1:
        estimate, low, high = (words.scientific(x) for x in numbers.iloc[0])
        bound = f"{known['bound'].iloc[0]} ".lstrip()
        interval = "" if low == high else f" ({low} to {high})"
        return f"{bound}{estimate}{unit}{interval}"
    least, most = (words.scientific(x) for x in (numbers["estimate"].agg(["min", "max"])))
    return f"{least} to {most}{unit}, {len(known)} comparisons"
