"""The scoreboard, from reports made by hand and from a report that the program wrote."""

import itertools
import multiprocessing
import re
import shutil

import pandas as pd
import pytest
import yaml
from analysis.helpers import arriving, read, results_of

from experiments import config
from experiments.analysis.claims import judge
from experiments.analysis.verdicts import OUTCOMES
from experiments.report import scoreboard, tables
from experiments.report.escaping import in_markdown
from experiments.report.scoreboard_mark import is_current
from report.helpers import write

COLUMNS = ["claim", "says", "answers", "condition", "kind", "hypothesis", "unit", "verdict",
           "estimate", "bound", "low", "high"]  # fmt: skip


def row(verdict, *, answers=1, claim=1, kind="higher", **other):
    standard = {"says": f"claim {claim}", "condition": "", "unit": "", "estimate": 0.5,
                "bound": "", "low": 0.25, "high": 0.75}  # fmt: skip
    found = {"claim": claim, "answers": answers, "kind": kind, "verdict": verdict}
    return standard | found | other


def in_direction(size="refuted", **other):
    """The two rows of a claim of a factor whose direction is right."""
    return [
        row("supported", kind="faster", hypothesis="direction", **other),
        row(size, kind="faster", hypothesis="size", **other),
    ]


def put(folder, name, rows, *, title=None, article=None, source=None):
    """Write the two files of a report that the scoreboard reads."""
    (folder / name).mkdir(parents=True, exist_ok=True)
    if article is None:
        article = {row["answers"]: f"statement {row['answers']}" for row in rows if row["answers"]}
    study = {
        "title": title or f"the title of {name}",
        "article": [{"number": number, "says": says} for number, says in article.items()],
    }
    if source is not None:
        study["source"] = source
    (folder / name / "study.yaml").write_text(yaml.safe_dump(study), encoding="utf-8")
    table = pd.DataFrame(rows, columns=COLUMNS)
    table["answers"] = table["answers"].astype("Int64")
    text = table.to_csv(index=False, float_format="%.9g", lineterminator="\n")
    (folder / name / "verdicts.csv").write_text(text, encoding="utf-8")


def written(folder):
    """The scoreboard without its last line, which is a digest."""
    text = scoreboard.write(folder).read_text(encoding="utf-8")
    assert is_current(folder)
    return text.rsplit("\n", 2)[0]


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
        ("supported direction", "under conditions"),
        ("refuted direction supported inconclusive", "under conditions, partly open"),
        ("direction", "in direction at most"),
        ("direction refuted", "in direction at most"),
        ("direction untestable", "in direction at most, partly open"),
        ("direction:supported", "stands"),
        ("direction:inconclusive", "in direction at most, partly open"),
        ("direction:inconclusive refuted", "in direction at most, partly open"),
        ("direction:supported direction:refuted", "under conditions"),
        ("refuted", "does not stand here"),
        ("refuted refuted", "does not stand here"),
        ("refuted inconclusive", "does not stand here, partly open"),
        ("inconclusive", "open"),
        ("untestable", "open"),
        ("untestable inconclusive", "open"),
    ],
)
def test_every_answer_is_reached_by_the_outcomes_that_define_it(tmp_path, outcomes, answer):
    rows = []
    for claim, outcome in enumerate(outcomes.split(), 1):
        outcome, _, size = outcome.partition(":")
        if outcome == "direction":
            rows += in_direction(size or "refuted", claim=claim)
        else:
            rows.append(row(outcome, claim=claim))
    put(tmp_path, "study", rows)
    found = answers(written(tmp_path))[1].replace("**", "")
    assert found == answer
    assert found.removesuffix(", partly open") in scoreboard.ANSWERS


def expected_answer(outcomes):
    """The meanings in the table of answers, word by word; `direction` is right but for its size."""
    decided = [o for o in outcomes if o not in ("inconclusive", "untestable")]
    if not decided:
        return "open"
    if set(decided) == {"supported"}:
        return "stands"
    if set(decided) == {"refuted"}:
        return "does not stand here"
    return "under conditions" if "supported" in decided else "in direction at most"


def test_any_three_outcomes_have_the_answer_that_its_meaning_says(tmp_path):
    threes = list(itertools.combinations_with_replacement([*OUTCOMES, "direction"], 3))
    rows = []
    for number, outcomes in enumerate(threes, 1):
        for place, outcome in enumerate(outcomes):
            which = {"answers": number, "claim": 3 * number + place}
            known = outcome != "direction"
            rows += [row(outcome, **which)] if known else in_direction(**which)
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


def test_direction_and_size_of_a_factor_are_told_apart(tmp_path):
    rows = [*in_direction(estimate=2.0), *in_direction("inconclusive", estimate=4.0)]
    put(tmp_path, "study", [*rows, row("refuted", claim=2, kind="faster", hypothesis="direction")])
    assert [cells[2:4] for cells in rows_of(written(tmp_path), "## How each was tested")] == [
        ["faster: supported 2; by the factor: refuted 1, inconclusive 1",
         "2.00 to 4.00 times the updates, 2 comparisons"],
        ["refuted", "0.5 times the updates (0.25 to 0.75)"],
    ]  # fmt: skip


# Sources


def test_two_sources_that_number_alike_share_no_statement(tmp_path):
    put(tmp_path, "a", [row("supported")], article={1: "of none"})
    put(tmp_path, "b", [row("refuted")], article={1: "of one"}, source="One | 2012")
    put(tmp_path, "c", [row("inconclusive"), row("supported", answers=2, claim=2)],
        article={1: "of another", 2: "too"}, source="Another")  # fmt: skip
    put(tmp_path, "d", [row("supported", claim=7)], article={1: "of one"}, source="One | 2012")
    text = written(tmp_path)
    assert answers(text) == {1: "stands"}
    assert [line for line in text.splitlines() if line.startswith("#")] == [
        "# What stands, and what does not", "## Another", r"## One \| 2012",
        "## How each was tested", "### Another", r"### One \| 2012", "## All studies",
    ]  # fmt: skip
    assert [cells[:3] for cells in rows_of(text, "\n## Another")] == [
        ["1", "of another", "**open**"], ["2", "too", "**stands**"],
    ]  # fmt: skip
    assert rows_of(text, "\n" + r"## One \| 2012") == [
        ["1", "of one", "**under conditions**", "[b](b/report.md), [d](d/report.md)"]
    ]
    assert [cells[2] for cells in rows_of(text, "## How each was tested")] == ["supported"]
    assert [cells[2] for cells in rows_of(text, "### Another")] == ["inconclusive", "supported"]
    assert [cells[1] for cells in rows_of(text, r"### One \| 2012")] == ["claim 1", "claim 7"]


def test_where_every_source_has_a_name_there_is_no_table_without(tmp_path):
    put(tmp_path, "a", [row("supported")], source="A book")
    text = written(tmp_path)
    assert "<!-- head -->" not in text
    assert "*stands*: " in text
    assert [cells[:3] for cells in rows_of(text, "\n## A book")] == [
        ["1", "statement 1", "**stands**"]
    ]
    assert "\n\n\n" not in text


def test_a_source_changes_nothing_of_the_table_without(tmp_path):
    put(tmp_path, "a", [row("supported"), row("refuted", answers=3, claim=2)])
    alone = written(tmp_path)
    put(tmp_path, "b", [row("refuted")], source="A book")
    both = written(tmp_path)
    for part in (alone.split("## How")[0].rstrip(), alone.partition("## How")[2].split("\n\n")[1]):
        assert part in both


@pytest.mark.parametrize("name", ["no", "2012", "12:30", "~", "2012-06-01", "C: a book, 'n'"])
def test_a_source_is_called_as_it_was_written(tmp_path, name):
    study = read(ARTICLE, f"source={yaml.safe_dump(name, explicit_end=False).splitlines()[0]}")
    assert study.source == name
    write(results_of(study, respond), tmp_path / "study")
    assert f"\n## {in_markdown(name)}\n" in written(tmp_path)


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
        ([row("inconclusive", kind="faster", low=0.0, high="inf")], "no usable estimate"),
        ([row("inconclusive", kind="faster", low=0.0, high="inf"), row("refuted", kind="faster")],
         "0.5 times the updates (0.25 to 0.75)"),
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
    put(folder, "a", in_direction(answers=3), article={3: "statement 3"})
    put(folder, "c", [])


def test_the_order_of_writing_does_not_matter_and_the_bytes_are_the_same_twice(tmp_path):
    texts = set()
    reports = [
        ("b", [row("supported"), row("refuted", answers=3, claim=2)]),
        ("a", in_direction(answers=3)),
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


def put_many(folder, letter, times):
    """What the runner of some studies does."""
    for number in range(times):
        put(folder, f"{letter}{number}", [row("supported")])
        scoreboard.write(folder)


@pytest.mark.slow
def test_the_last_of_writers_at_the_same_time_lists_all_reports(tmp_path):
    letters, times = "abcdefgh", 6
    writers = [
        multiprocessing.get_context("spawn").Process(target=put_many, args=(tmp_path, name, times))
        for name in letters
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0] * len(letters)
    assert is_current(tmp_path)
    board = (tmp_path / "README.md").read_text(encoding="utf-8")
    assert links(board) == {f"{a}{n}/report.md" for a in letters for n in range(times)}
    assert [path.name for path in (tmp_path / ".writing").iterdir()] == ["lock"]


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


def test_a_scoreboard_tells_whether_it_is_that_of_the_reports_beside_it(tmp_path):
    assert not is_current(tmp_path)
    some(tmp_path)
    assert not is_current(tmp_path)
    board = scoreboard.write(tmp_path)
    whole = board.read_text(encoding="utf-8")
    assert is_current(tmp_path)
    board.write_text(whole.replace("stands", "falls", 1), encoding="utf-8")
    assert not is_current(tmp_path)
    scoreboard.write(tmp_path)
    assert board.read_text(encoding="utf-8") == whole
    put(tmp_path, "another", [row("supported")])
    assert not is_current(tmp_path)
    scoreboard.write(tmp_path)
    assert is_current(tmp_path)
    path = tmp_path / "another" / "verdicts.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("supported", "refuted"))
    assert not is_current(tmp_path)


def test_a_file_of_somebody_else_s_is_left_alone(tmp_path):
    some(tmp_path)
    own = tmp_path / "README.md"
    own.write_text("# My project\n", encoding="utf-8")
    assert scoreboard.write(tmp_path) is None
    assert own.read_text(encoding="utf-8") == "# My project\n"
    assert is_current(tmp_path)  # nothing is to be done


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
        ("study.yaml", b"title: [x]\narticle: [{number: 3, says: x}]\n"),
        ("study.yaml", b"title: x\nsource: {a: b}\narticle: [{number: 3, says: x}]\n"),
        ("study.yaml", b"title: x\nsource: Another\n"),
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


ARTICLE = """
    title: Which | is faster?
    dataset: moons
    network: {activation: [relu, tanh], depth: [1, 3], width: 8}
    training: {learning_rate: 0.1}
    seeds: 10
    article: [{number: 4, says: relu is faster}, {number: 12, says: by far}]
    claims:
      - {measure: test_loss, lower: relu, than: tanh, answers: 4}
      - {measure: test_loss, at_most: 9}
      - {faster: relu, than: tanh, to: {train_loss: [0.8, 0.5]}}
      - {faster: relu, than: tanh, by: 6, answers: 12, to: {train_loss: 0.5}}
"""


def respond(run):
    """Tanh needs three times the updates, and at depth 3 twelve times."""
    slower = 3 if len(run.network.widths) == 1 else 12
    return arriving(8.0 * (slower if run.network.activation.name == "tanh" else 1) * 1.01**run.seed)


def test_what_the_program_writes_is_read_back(tmp_path):
    results = results_of(read(ARTICLE), respond)
    write(results, tmp_path / "study")
    verdicts = judge(results)
    text = written(tmp_path)
    assert [v.outcome for v in verdicts if v.claim.answers == 12] == [
        "supported", "refuted", "supported", "supported",  # direction and size, depth by depth
    ]  # fmt: skip
    of_measure = [v.outcome for v in verdicts if v.claim.answers == 4]
    assert answers(text) == {4: expected_answer(of_measure), 12: "under conditions"}
    tested = [cells[2] for cells in rows_of(text, "## How each was tested")]
    assert tested[1] == "faster: supported 2; by the factor: refuted 1, supported 1"
    assert all((tmp_path / link).exists() for link in links(text))
    assert rows_of(text, "## All studies")[0][0] == r"[Which \| is faster?](study/report.md)"
    assert text.startswith(scoreboard.MARK)
