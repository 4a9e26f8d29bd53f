"""A config that `--new` writes has every key, runs as it is, and says what may be changed."""

import re
from pathlib import Path

import pytest

from experiments import config
from experiments.config import json_schema, model, new
from experiments.config.accepting import in_words
from experiments.config.json_schema import FILE, sections_of

TEXT = new.config_text(Path("my_question.yaml"))
LINES = TEXT.splitlines()
OUT = [number for number, line in enumerate(LINES) if re.match(r" *#[^ ]", line)]
"""The lines that are left out: no space stands after their #."""

SECTIONS = {
    name: inner
    for name, field in model.Config.model_fields.items()
    for inner in sections_of(field)
    if field.annotation is inner
}
CLAIMS = sections_of(model.Config.model_fields["claims"])


def read(lines):
    return config.loads("\n".join(lines) + "\n", "my_question")


def using(*numbers):
    """The lines of which some that are left out are used."""
    return [line.replace("#", "", 1) if n in numbers else line for n, line in enumerate(LINES)]


def key_of(line):
    """The keys that a line writes: its own, or those of its mapping."""
    return re.search(r"#?(?:- )?(\w+):", line).group(1)


def needed_by(number):
    """The line that must be used as well, for a key that says with which other one it goes."""
    comment = []
    while LINES[number - 1].strip().startswith("# "):
        number -= 1
        comment.append(LINES[number])
    goes = re.search(r"goes with: (\w+)", "\n".join(comment))
    return [n for n in OUT if key_of(LINES[n]) == goes[1]] if goes else []


def test_it_is_a_study_of_two_arms_and_a_claim():
    study = read(LINES)
    assert len(study.settings) == 2
    assert [claim.number for claim in study.claims] == [1]
    assert study.title != "My question"


def test_there_are_keys_to_use():
    assert len(OUT) > 30


@pytest.mark.parametrize("number", OUT, ids=lambda number: LINES[number].strip()[:60])
def test_every_line_that_is_left_out_may_be_used(number):
    study = read(using(number, *needed_by(number)))
    assert study.settings


def test_only_what_says_so_needs_another_line():
    """What goes with another key is refused without it: the words are true."""
    for number in OUT:
        if needed_by(number):
            with pytest.raises(config.ConfigError):
                read(using(number))


def test_every_key_of_the_model_is_there_once():
    keys = [key_of(line) for line in LINES if re.match(r"#?\w+:", line)]
    assert sorted(keys) == sorted(model.Config.key_names())
    for name, section in SECTIONS.items():
        start = LINES.index(f"{name}:")
        inside = [line for line in _block(start) if re.match(r"  #?\w+:", line)]
        assert sorted(map(key_of, inside)) == sorted(section.key_names())


def test_every_key_of_a_claim_is_there():
    block = _block(LINES.index("claims:"))
    first = [key_of(line) for line in block if re.match(r"  - \w+:|    #?\w+:", line)]
    assert sorted(first) == sorted(CLAIMS[0].key_names())
    others = " ".join(line for line in block if re.match(r"  #- ", line))
    for section in CLAIMS[1:]:
        for key in {*section.key_names()} - {*model.ClaimKeys.key_names()}:
            assert re.search(rf"\b{key}: ", others), key


def _block(start):
    rest = LINES[start + 1 :]
    ends = (n for n, line in enumerate(rest) if line and not line.startswith(" "))
    return rest[: next(ends, len(rest))]


def folded(lines):
    return " ".join(line.strip().removeprefix("#").strip() for line in lines)


def test_every_meaning_stands_there_and_what_is_allowed():
    told = folded(LINES)
    for section in (model.Config, *SECTIONS.values(), *CLAIMS):
        for field in section.model_fields.values():
            assert folded(field.description.splitlines()) in told
            if allowed := in_words(json_schema.accepted_by(field), 12):
                assert f"allowed: {allowed}" in told


def test_no_line_is_too_long():
    assert max(map(len, LINES)) <= 100


def test_what_is_left_out_is_the_default():
    """Using a line that shows a default, and says of no example, changes nothing."""
    plain = config.resolved(read(LINES))
    same = 0
    for number in OUT:
        if LINES[number - 1].strip() == "# left out by default; for example:":
            continue
        if re.match(r"  #- ", LINES[number]) or needed_by(number):
            continue
        assert config.resolved(read(using(number))) == plain, LINES[number]
        same += 1
    assert same > 10


def test_a_file_is_written_and_never_again(tmp_path):
    path = tmp_path / "my_question.yaml"
    new.write(path)
    text = path.read_text(encoding="utf-8")
    assert config.load(path).name == "my_question"
    path.write_text("mine")
    with pytest.raises(config.ConfigError, match="exists already, and is left as it is"):
        new.write(path)
    assert path.read_text() == "mine"
    assert text.splitlines()[0] == f"# yaml-language-server: $schema={FILE.as_uri()}"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("question", "a name that ends in .yaml"),
        ("no_such_folder/question.yaml", "cannot be written"),
        ("-question.yaml", "as the study's name"),
    ],
)
def test_a_name_that_will_not_do_is_refused(name, message, tmp_path):
    with pytest.raises(config.ConfigError, match=message):
        new.write(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_in_the_clone_it_finds_the_schema_from_where_it_lies():
    root = FILE.parents[2]
    line = new.config_text(root / "configs" / "mine.yaml").splitlines()[0]
    assert line == "# yaml-language-server: $schema=../experiments/config/schema.json"
