"""Tables for a paper: the verdicts and the arms in LaTeX, the verdicts in Markdown too."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from experiments.analysis.summary import Summary
from experiments.analysis.verdicts import Verdict
from experiments.report import words
from experiments.report.escaping import in_markdown
from experiments.report.looks_of_arms import name_of
from experiments.report.tables import arm_table

FOLDER = "tables"
"""The folder, in that of a report, with these tables."""


@dataclass(frozen=True, slots=True)
class Table:
    """Text in rows and columns, rounded as in the report."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()  # what the numbers of claims stand for


def verdicts(summary: Summary) -> Table | None:
    """Return a row for each verdict, or nothing where nothing is claimed."""
    found: Sequence[Verdict] = summary.verdicts
    if not found:
        return None
    columns: dict[str, Callable[[Verdict], str]] = {
        "claim": lambda v: str(v.claim.number),
        "condition": words.place,
        "of": words.value_of,
        "judged": words.judged,
        "verdict": lambda v: v.outcome,
        "estimate": lambda v: words.estimate(v.estimate),
        "interval": lambda v: words.interval(v.estimate),
        "p": lambda v: words.p_value(v.p_value),
    }
    cells = {name: [cell(v) for v in found] for name, cell in columns.items()}
    cells = {name: column for name, column in cells.items() if any(column)}
    notes = [f"claim {claim.number}: {claim.says}" for claim in summary.results.study.claims]
    return Table(tuple(cells), tuple(zip(*cells.values(), strict=True)), tuple(notes))


def arms(summary: Summary) -> Table | None:
    """Return a row for each setting and target, or nothing without targets."""
    if not summary.reaches:
        return None
    rows = tuple(
        (
            name_of(reach.setting.setting.labels),
            words.goal(reach.metric, reach.target),
            words.number(row["median_updates"]),
            f"{words.number(row['median_low'])} to {words.number(row['median_high'])}",
            words.number(row["median_epochs"]),
            words.scientific(row["median_multiplications"]),
            f"{row['censored']} of {row['runs']}",
        )
        for row, reach in zip(arm_table(summary).to_dict("records"), summary.reaches, strict=True)
    )
    head = ("arm", "target", "median updates", "interval", "epochs", "multiplications",
            "did not reach it")  # fmt: skip
    return Table(head, rows)


def markdown(table: Table) -> str:
    """Return a table as Markdown, what its claims say below it."""
    lines = [map(in_markdown, table.head), ("---",) * len(table.head)]
    lines += [map(in_markdown, row) for row in table.rows]
    text = "".join("| " + " | ".join(line) + " |\n" for line in lines)
    notes = "".join(f"\n- {in_markdown(note)}" for note in table.notes)
    return text + notes + ("\n" if table.notes else "")


_ESCAPED = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_",
    "{": r"\{", "}": r"\}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}", "∞": r"$\infty$",
    "\N{MINUS SIGN}": "$-$", "×": r"$\times$", "≥": r"$\geq$", "≤": r"$\leq$", "±": r"$\pm$",
    "\N{EN DASH}": "--", "\N{NO-BREAK SPACE}": "~", "\n": " ",
}  # fmt: skip


def escaped(text: str) -> str:
    """Return a text as LaTeX prints it, whatever it holds."""
    return "".join(_ESCAPED.get(letter, letter) for letter in text)


def latex(table: Table) -> str:
    r"""Return a tabular with the rules of the package booktabs, to be \input into a table."""
    columns = zip(*table.rows, strict=True)
    sides = ["r" if all(map(_is_number, column)) else "l" for column in columns]
    lines = [
        *(f"% {' '.join(note.split())}" for note in table.notes),
        r"% \usepackage{booktabs}",
        rf"\begin{{tabular}}{{{''.join(sides)}}}",
        r"\toprule",
        _line(table.head),
        r"\midrule",
        *map(_line, table.rows),
        r"\bottomrule",
        r"\end{tabular}",
    ]
    return "\n".join(lines) + "\n"


def _line(cells: Sequence[str]) -> str:
    return " & ".join(map(escaped, cells)) + r" \\"


def _is_number(text: str) -> bool:
    try:
        float(text.replace(",", ""))
    except ValueError:
        return text in ("∞", "\N{EN DASH}")
    return True


FILES: dict[str, tuple[Callable[[Summary], Table | None], Callable[[Table], str]]] = {
    f"{FOLDER}/verdicts.tex": (verdicts, latex),
    f"{FOLDER}/verdicts.md": (verdicts, markdown),
    f"{FOLDER}/arms.tex": (arms, latex),
}
"""Every such file that a report may have: its table, and how it is written."""


def all_files(summary: Summary) -> dict[str, str]:
    """Return the text of each file of a study's report."""
    found = {name: (table(summary), form) for name, (table, form) in FILES.items()}
    return {name: form(table) for name, (table, form) in found.items() if table is not None}
