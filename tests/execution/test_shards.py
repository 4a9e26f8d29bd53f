"""Shards: every run is in one of them, and together they are the study."""

import pytest
from analysis.helpers import read
from hypothesis import given
from hypothesis import strategies as st

from experiments.command_line import main
from experiments.execution.loop import Ways, complete
from experiments.execution.plan import plan
from experiments.execution.shards import Shard
from experiments.execution.store import Store

from .helpers import TINY, make_run
from .test_in_flight import QUIET, everything


@given(st.integers(0, 10**6), st.sampled_from(["tuning", "evaluation"]), st.integers(1, 20),
       st.integers(1, 9))  # fmt: skip
def test_every_run_is_in_one_shard(seed, stream, count, tuning_seeds):
    run = make_run(stream=stream, seed=seed)
    having = [n for n in range(1, count + 1) if Shard(n, count).has(run, tuning_seeds)]
    assert len(having) == 1


@given(st.integers(0, 1000), st.integers(1, 20), st.integers(1, 9))
def test_a_pair_has_its_searches_with_it(seed, count, tuning_seeds):
    pair = make_run(stream="evaluation", seed=seed)
    for tuning in range(seed * tuning_seeds, (seed + 1) * tuning_seeds):
        search = make_run(stream="tuning", seed=tuning)
        for number in range(1, count + 1):
            shard = Shard(number, count)
            assert shard.has(search, tuning_seeds) == shard.has(pair, tuning_seeds)


def test_every_shard_has_the_pilots():
    assert all(Shard(n, 5).has(make_run(stream="pilot", seed=3), 2) for n in range(1, 6))


@pytest.mark.parametrize("targets", ["0.6", "auto"])
def test_shards_together_are_the_study(tmp_path, targets):
    study = read(TINY.replace("0.6", targets))
    with Store(tmp_path / "whole.sqlite") as store:
        _, count = complete(study, store, 1, QUIET)
    with Store(tmp_path / "together.sqlite") as together:
        for number in (1, 2, 3):
            with Store(tmp_path / f"{number}.sqlite") as store:
                results, trained = complete(
                    study, store, 1, QUIET, ways=Ways(shard=Shard(number, 3))
                )
                assert results is None
                assert 0 < trained < count
                assert complete(study, store, 1, QUIET, ways=Ways(shard=Shard(number, 3)))[1] == 0
                known = plan(study, store)
                everything_asked = [*known.runs, *known.missing]
                together.add(store.load(run for run in _all(study, known, everything_asked)))
        results, rest = complete(study, together, 1, QUIET)
        assert results is not None
    assert rest == 0
    assert everything(tmp_path / "together.sqlite") == everything(tmp_path / "whole.sqlite")


def _all(study, known, runs):
    from experiments.analysis.targets import pilot_runs
    from experiments.execution.expected import searched

    return dict.fromkeys([*runs, *pilot_runs(study), *(r for _, some in searched(known) for r in some)])  # fmt: skip  # noqa: E501


@pytest.mark.parametrize("text", ["0/3", "4/3", "1", "a/b", "1/2/3", "-1/2", "1/", "9" * 5000])
def test_what_is_no_shard_is_refused(text, capsys):
    with pytest.raises(SystemExit):
        main(["configs/relu_vs_tanh.yaml", f"--shard={text}"])
    assert "is no shard; give one such as 3/8" in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--dry-run", "--explain", "--validate", "--report"])
@pytest.mark.parametrize("given", [["--shard", "1/2"], ["--retry-failed"]])
def test_options_about_training_go_with_training(option, given, capsys):
    assert main(["configs/relu_vs_tanh.yaml", option, *given]) == 2
    assert "is about training" in capsys.readouterr().err


@pytest.mark.parametrize("given", [["--backend", "dask"], ["--scheduler", "tcp://h:1"]])
def test_a_backend_and_its_scheduler_go_together(given, capsys):
    assert main(["configs/relu_vs_tanh.yaml", *given]) == 2
    assert "--scheduler" in capsys.readouterr().err
