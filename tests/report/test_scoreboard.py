"""The scoreboard, from reports made by hand and from a report that the program wrote."""

import itertools
import re
import shutil

import pandas as pd
import pytest
import yaml
from analysis.helpers import read, results_of
from analysis.test_claims import TEXT, respond

from experiments import config
from experiments.analysis.claims import judge
from experiments.analysis.verdicts import OUTCOMES
from experiments.report import page, scoreboard, tables

COLUMNS = ["claim", "says", "answers", "condition", "kind", "unit", "verdict", "estimate", "bound",
           "low", "high"]  # fmt: skip


def row(verdict, *, answers=1, claim=1, kind="higher", **other):
    standard = {"says": f"claim {claim}", "condition": "", "unit": "", "estimate": 0.5,
                "bound": "", "low": 0.25, "high": 0.75}  # fmt: skip
    found = {"claim": claim, "answers": answers, "kind": kind, "verdict": verdict}
    return standard | found | other


def put(folder, name, rows, *, title=None, article=None):
    """Write the two files of a report that the scoreboard reads."""
    (folder / name).mkdir(parents=True, exist_ok=True)
    if article is None:
        article = {row["answers"]: f"statement {row['answers']}" for row in rows if row["answers"]}
    study = {
        "title": title or f"the title of {name}",
        "article": [{"number": number, "says": says} for number, says in article.items()],
    }
    (folder / name / "study.yaml").write_text(yaml.safe_dump(study), encoding="utf-8")
    table = pd.DataFrame(rows, columns=COLUMNS)
    table["answers"] = table["answers"].astype("Int64")
    text = table.to_csv(index=False, float_format="%.9g", lineterminator="\n")
    (folder / name / "verdicts.csv").write_text(text, encoding="utf-8")


def written(folder):
    return scoreboard.write(folder).read_text(encoding="utf-8")


def rows_of(text, heading):
    """The cells of the table under a heading, its head left out."""
    part = text.split(heading)[1]
    lines = list(itertools.takewhile(bool, part[part.index("\n| ") + 1 :].splitlines()))
    lines = [line for line in lines if line.startswith("| ")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines[1:]]


def answers(text):
    return {int(cells[0]): cells[2].strip("*") for cells in rows_of(text, "<!-- head -->")}


def links(text):
    return set(re.findall(r"\]\(([^)]+)\)", text))


@pytest.mark.parametrize(
    ("outcomes", "answer"),
    [
        ("supported", "stands"),
        ("supported supported", "stands"),
        ("supported inconclusive untestable", "stands, partly open"),
        ("supported refuted", "under conditions"),
        ("supported direction_only", "under conditions"),
        ("refuted direction_only supported inconclusive", "under conditions, partly open"),
        ("direction_only", "in direction at most"),
        ("direction_only refuted", "in direction at most"),
        ("direction_only untestable", "in direction at most, partly open"),
        ("refuted", "does not stand here"),
        ("refuted refuted", "does not stand here"),
        ("refuted inconclusive", "does not stand here, partly open"),
        ("inconclusive", "open"),
        ("untestable", "open"),
        ("untestable inconclusive", "open"),
    ],
)
def test_every_answer_is_reached_by_the_outcomes_that_define_it(tmp_path, outcomes, answer):
    outcomes = [outcome.replace("_", " ") for outcome in outcomes.split()]
    put(tmp_path, "study", [row(outcome) for outcome in outcomes])
    found = answers(written(tmp_path))[1].replace("**", "")
    assert found == answer
    assert found.removesuffix(", partly open") in scoreboard.ANSWERS


def expected_answer(outcomes):
    """The meanings in the table of answers, word by word."""
    decided = [o for o in outcomes if o not in ("inconclusive", "untestable")]
    if not decided:
        return "open"
    if set(decided) == {"supported"}:
        return "stands"
    if set(decided) == {"refuted"}:
        return "does not stand here"
    return "under conditions" if "supported" in decided else "in direction at most"


def test_any_three_outcomes_have_the_answer_that_its_meaning_says(tmp_path):
    threes = list(itertools.combinations_with_replacement(OUTCOMES, 3))
    rows = [
        row(outcome, answers=number, claim=number)
        for number, outcomes in enumerate(threes, 1)
        for outcome in outcomes
    ]
    put(tmp_path, "study", rows)
    found = answers(written(tmp_path))
    assert len(found) == len(threes)
    for number, outcomes in enumerate(threes, 1):
        assert found[number].split("*")[0] == expected_answer(outcomes)
    assert {name.split("*")[0] for name in found.values()} == set(scoreboard.ANSWERS)


def test_claims_that_answer_nothing_do_not_count(tmp_path):
    rows = [row("supported"), row("refuted", answers=None, claim=2)]
    put(tmp_path, "study", rows)
    text = written(tmp_path)
    assert answers(text) == {1: "stands"}
    assert [cells[1] for cells in rows_of(text, "## How each was tested")] == ["claim 1"]
    assert rows_of(text, "## All studies")[0][1] == "supported 1, refuted 1"


def test_a_statement_that_no_claim_answers_has_no_answer(tmp_path):
    put(tmp_path, "study", [row("supported", answers=2)], article={2: "two", 9: "nine"})
    found = rows_of(written(tmp_path), "<!-- head -->")
    assert [cells[:3] for cells in found] == [["2", "two", "**stands**"], ["9", "nine", "–"]]


def test_without_statements_there_are_only_the_studies(tmp_path):
    put(tmp_path, "plain", [row("refuted", answers=None)])
    put(tmp_path, "quiet", [])
    text = written(tmp_path)
    assert "How each was tested" not in text
    assert rows_of(text, "## All studies") == [
        ["[the title of plain](plain/report.md)", "refuted"],
        ["[the title of quiet](quiet/report.md)", "no claims"],
    ]


def test_statements_are_in_the_order_of_their_numbers(tmp_path):
    put(tmp_path, "a", [row("supported", answers=10, claim=2), row("refuted", answers=9, claim=10)])
    put(tmp_path, "b", [row("refuted", answers=2, claim=1)])
    text = written(tmp_path)
    assert list(answers(text)) == [2, 9, 10]
    assert [cells[0] for cells in rows_of(text, "## How each was tested")] == ["2", "9", "10"]


def test_claims_of_a_statement_are_in_the_order_of_their_numbers(tmp_path):
    put(tmp_path, "a", [row("supported", claim=claim) for claim in (2, 10, 1)])
    found = rows_of(written(tmp_path), "## How each was tested")
    assert [cells[1] for cells in found] == ["claim 1", "claim 2", "claim 10"]


def test_two_studies_answer_one_statement_together(tmp_path):
    put(tmp_path, "deep", [row("refuted")], article={1: "as said"})
    put(tmp_path, "shallow", [row("supported", claim=3)], article={1: "as said"})
    text = written(tmp_path)
    assert rows_of(text, "<!-- head -->") == [
        ["1", "as said", "**under conditions**",
         "[deep](deep/report.md), [shallow](shallow/report.md)"]
    ]  # fmt: skip
    tested = rows_of(text, "## How each was tested")
    assert [cells[1:3] for cells in tested] == [["claim 1", "refuted"], ["claim 3", "supported"]]


def test_a_study_whose_article_says_nothing_of_it_changes_no_answer(tmp_path):
    put(tmp_path, "one", [row("supported")])
    before = answers(written(tmp_path))
    put(tmp_path, "two", [row("refuted", answers=None)])
    assert answers(written(tmp_path)) == before


# Effects


@pytest.mark.parametrize(
    ("rows", "effect"),
    [
        ([row("supported")], "0.5 (0.25 to 0.75)"),
        ([row("supported", unit="µs")], "0.5 µs (0.25 to 0.75)"),
        ([row("supported", bound="at least")], "at least 0.5 (0.25 to 0.75)"),
        ([row("supported", low=0.5, high=0.5)], "0.5"),
        ([row("refuted", kind="faster")], "0.5 times the updates (0.25 to 0.75)"),
        ([row("refuted", estimate="inf", high="inf")], "∞ (0.25 to ∞)"),
        ([row("untestable")], "–"),
        ([row("inconclusive", estimate=None)], "–"),
        ([row("supported"), row("untestable", estimate=9)], "0.5 (0.25 to 0.75)"),
        ([row("supported", estimate=1.5), row("refuted"), row("refuted", estimate=1)],
         "0.5 to 1.50, 3 comparisons"),
        ([row("supported", kind="faster"), row("refuted", kind="faster", estimate=2)],
         "0.5 to 2.00 times the updates, 2 comparisons"),
    ],
)  # fmt: skip
def test_the_effect_of_a_claim(tmp_path, rows, effect):
    put(tmp_path, "study", rows)
    assert rows_of(written(tmp_path), "## How each was tested")[0][3] == effect


# The file


def some(folder):
    put(folder, "b", [row("supported"), row("refuted", answers=3, claim=2)])
    put(folder, "a", [row("direction only", answers=3)], article={3: "statement 3"})
    put(folder, "c", [])


def test_the_order_of_writing_does_not_matter_and_the_bytes_are_the_same_twice(tmp_path):
    texts = set()
    reports = [
        ("b", [row("supported"), row("refuted", answers=3, claim=2)]),
        ("a", [row("direction only", answers=3)]),
        ("c", []),
    ]
    for place, order in enumerate(itertools.permutations(reports)):
        folder = tmp_path / str(place)
        for name, rows in order:
            put(folder, name, rows)
            scoreboard.write(folder)  # as after each study
        texts.add((folder / "README.md").read_bytes())
        scoreboard.write(folder)
        texts.add((folder / "README.md").read_bytes())
    assert len(texts) == 1
    assert b"\r" not in texts.pop()


def test_every_link_leads_to_a_report(tmp_path):
    some(tmp_path)
    for name in "abc":
        (tmp_path / name / "report.md").write_text("a report", encoding="utf-8")
    found = links(written(tmp_path))
    assert found == {f"{name}/report.md" for name in "abc"}
    assert all((tmp_path / link).exists() for link in found)


def test_a_folder_that_was_renamed_is_linked_all_the_same(tmp_path):
    put(tmp_path, "a copy (2)", [row("supported")])
    text = written(tmp_path)
    assert set(re.findall(r"\]\((.+?)\)[ ,|]", text)) == {"a%20copy%20%282%29/report.md"}


def test_a_bar_in_a_text_does_not_end_its_cell(tmp_path):
    rows = [row("supported", says="max |w| is small")]
    put(tmp_path, "study", rows, title="a | b", article={1: "this | that"})
    text = written(tmp_path)
    assert r"[a \| b](study/report.md)" in text
    for heading, cells in (
        ("<!-- head -->", 4), ("## How each was tested", 5), ("## All studies", 2)
    ):  # fmt: skip
        assert [len(found) for found in rows_of(text, heading)] == [cells]


def test_folders_without_a_report_are_passed_over(tmp_path):
    some(tmp_path)
    before = written(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "half").mkdir()
    (tmp_path / "half" / "study.yaml").write_text("title: half\n", encoding="utf-8")
    (tmp_path / "other half").mkdir()
    shutil.copy(tmp_path / "a" / "verdicts.csv", tmp_path / "other half")
    (tmp_path / "runs.sqlite").write_bytes(b"\0")
    assert written(tmp_path) == before


def test_where_there_is_no_report_nothing_is_written(tmp_path):
    assert scoreboard.write(tmp_path) is None
    assert scoreboard.write(tmp_path / "missing") is None
    assert list(tmp_path.iterdir()) == []


def test_a_file_of_somebody_else_s_is_left_alone(tmp_path):
    some(tmp_path)
    own = tmp_path / "README.md"
    own.write_text("# My project\n", encoding="utf-8")
    assert scoreboard.write(tmp_path) is None
    assert own.read_text(encoding="utf-8") == "# My project\n"


WHOLE = "claim,says,answers,kind,unit,verdict,estimate,bound,low,high\n"


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("study.yaml", b""),
        ("study.yaml", b"title: half of a"),
        ("study.yaml", b"[]\n"),
        ("study.yaml", b"12\n"),
        ("study.yaml", b"article: []\n"),
        ("study.yaml", b"title: x\narticle: [{number: 1}]\n"),
        ("study.yaml", b"title: x\narticle: 3\n"),
        ("study.yaml", b"title: x\narticle: [1, 2]\n"),
        ("study.yaml", b"title: 'never closed\n"),
        ("study.yaml", b"title: x\n"),  # the statement that is answered is gone
        ("study.yaml", b"\xff\xfe\x00\n"),
        ("study.yaml", b"\0\0\0\0\n"),
        ("verdicts.csv", b""),
        ("verdicts.csv", b"\n"),
        ("verdicts.csv", b"claim,says\n"),
        ("verdicts.csv", WHOLE.encode() + b"1,x,1,higher,,supp"),
        ("verdicts.csv", WHOLE.encode() + b"1,x,1,higher,,supp\n"),
        ("verdicts.csv", WHOLE.encode() + b"1,x,1\n"),
        ("verdicts.csv", WHOLE.encode() + b"one,x,1,higher,,supported,1,,1,1\n"),
        ("verdicts.csv", WHOLE.encode() + b"1,x,first,higher,,supported,1,,1,1\n"),
        ("verdicts.csv", WHOLE.encode() + b"1,x,1,higher,,supported,many,,1,1\n"),
        ("verdicts.csv", WHOLE.encode() + b'1,"never closed,1,higher,,supported,1,,1,1\n'),
        ("verdicts.csv", b"\x89PNG\xff\xfe\n"),
    ],
)
def test_a_damaged_report_is_told_as_such_and_the_others_count(tmp_path, file, content):
    some(tmp_path)
    before = written(tmp_path)
    put(tmp_path, "hurt", [row("supported", answers=3)])
    (tmp_path / "hurt" / file).write_bytes(content)
    text = written(tmp_path)
    line = f"| [hurt](hurt/report.md) | {scoreboard.DAMAGED} |\n"
    assert line in text
    assert text.replace(line, "") == before
    put(tmp_path, "hurt", [row("supported", answers=3)])  # the study is run again
    assert scoreboard.DAMAGED not in written(tmp_path)


@pytest.mark.parametrize("file", ["study.yaml", "verdicts.csv"])
def test_a_file_cut_off_anywhere_is_no_traceback(tmp_path, file):
    study = read(ARTICLE)
    (tmp_path / "study").mkdir()
    (tmp_path / "study" / "study.yaml").write_text(config.resolved(study), encoding="utf-8")
    table = tables.verdict_table(judge(results_of(study, respond)))
    tables.write(table, tmp_path / "study" / "verdicts.csv")
    path = tmp_path / "study" / file
    whole = path.read_bytes()
    for end in range(0, len(whole), max(1, len(whole) // 40)):
        path.write_bytes(whole[:end])
        text = written(tmp_path)
        assert "## All studies" in text
        if not whole[:end].endswith(b"\n"):
            assert scoreboard.DAMAGED in text


ARTICLE = TEXT.replace("    claims:\n", """    title: Which | is faster?
    article: [{number: 4, says: relu is faster}, {number: 12, says: by far}]
    claims:
      - {measure: test_loss, lower: relu, than: tanh, answers: 4}
      - {measure: test_loss, at_most: 9}
""").replace("by: 6,", "by: 6, answers: 12,")  # fmt: skip


def test_what_the_program_writes_is_read_back(tmp_path):
    results = results_of(read(ARTICLE), respond)
    report = page.write(results, tmp_path / "study")
    text = written(tmp_path)
    by_claim = {}
    for v in report.verdicts:
        by_claim.setdefault(v.claim.answers, []).append(v.outcome)
    assert set(by_claim) == {None, 4, 12}
    for number in (4, 12):
        found = answers(text)[number].split("*")[0].split(",")[0]
        assert found == expected_answer(by_claim[number])
    assert all((tmp_path / link).exists() for link in links(text))
    assert rows_of(text, "## All studies")[0][0] == r"[Which \| is faster?](study/report.md)"
    assert text.startswith(scoreboard.MARK)
