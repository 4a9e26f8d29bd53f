"""A study whose store does not keep its runs ends, and says so."""

import numpy as np
import pytest
from analysis.helpers import make_trace, read

from experiments import commands
from experiments.execution import executing, loop
from experiments.execution.loop import complete
from experiments.execution.plan import Plan
from experiments.execution.store import Store, StoreError
from experiments.records import Fleet

from .helpers import TINY, make_run

QUIET = lambda *_: None  # noqa: E731
GIVEN = ("training.learning_rate=0.3", "seeds=3")


class Losing(Store):
    """A store that does not keep some runs."""

    def __init__(self, path, loses):
        super().__init__(path)
        self.loses, self.given = loses, []

    def add(self, traces):
        self.given += traces
        assert len(self.given) < 1000, "the study never ends"
        super().add({run: trace for run, trace in traces.items() if not self.loses(run)})


def test_a_store_that_keeps_nothing_ends_the_study_with_what_to_do(tmp_path):
    path = tmp_path / "s.sqlite"
    with Losing(path, lambda _: True) as store:
        with pytest.raises(StoreError) as caught:
            complete(read(TINY, *GIVEN, name="lossy"), store, 1, QUIET)
        assert len(store.given) == 2 * len(set(store.given)) == 2 * 6
    message = str(caught.value)
    for part in (str(path), "the study lossy", "6 runs", "Move the file away", "--output"):
        assert part in message


def test_all_else_is_kept_when_one_run_cannot_be(tmp_path):
    study = read(TINY, *GIVEN)
    lost = study.settings[1].run("evaluation", 2)
    with Losing(tmp_path / "s.sqlite", lambda run: run == lost) as store:
        with pytest.raises(StoreError, match=r"lacks 1 run\."):
            complete(study, store, 1, QUIET)
        assert [store.given.count(run) for run in dict.fromkeys(store.given)].count(2) == 1
        assert len(store.load(store.given)) == 5


def test_a_store_that_forgets_one_run_for_another_ends_too(tmp_path):
    """Each round then stores something that was missing, and the study would still never end."""

    class Swapping(Store):
        def add(self, traces):
            super().add(traces)
            (some, *_) = traces
            other = "relu" if some.network.activation.name == "tanh" else "tanh"
            self.write(
                lambda connection: connection.execute(
                    "DELETE FROM traces WHERE run LIKE ?", (f"%{other}%",)
                )
            )

    with (
        Swapping(tmp_path / "s.sqlite") as store,
        pytest.raises(StoreError, match="trained and stored twice"),
    ):
        complete(read(TINY, *GIVEN), store, 1, QUIET)


def test_tuning_runs_that_are_lost_end_it_as_well(tmp_path):
    with Losing(tmp_path / "s.sqlite", lambda run: run.stream == "tuning") as store:
        with pytest.raises(StoreError, match="still lacks"):
            complete(read(TINY), store, 1, QUIET)
        assert max(store.given.count(run) for run in store.given) == 2


def stub_plans(monkeypatch, rounds):
    """Let the plan ask for runs round by round, whatever is stored."""

    def plan(study, store, _before=None):
        asked = tuple(rounds.pop(0)) if rounds else ()
        store.load(asked)
        return Plan(study, 1, evaluation=asked, results="results")

    monkeypatch.setattr(loop, "plan", plan)
    monkeypatch.setattr(loop, "cut", lambda runs, *_: [Fleet((run,), 1) for run in runs])


def leaving(monkeypatch, *lengths):
    """Let each run that trains leave a trace of the next length."""
    left = iter(lengths)

    def train(fleet, _):
        length = next(left)
        return [make_trace(range(length), train_loss=np.ones(length), budget=99)]

    monkeypatch.setattr(executing, "train", train)


def test_a_run_may_be_asked_for_again_as_long_as_it_goes_on_for_longer(monkeypatch):
    run = make_run(stream="tuning")
    stub_plans(monkeypatch, [[run]] * 4)
    leaving(monkeypatch, 3, 4, 6, 7)
    with Store(":memory:") as store:
        assert complete(read(TINY), store, 1, QUIET) == ("results", 4)


@pytest.mark.parametrize("last", [6, 5])
def test_one_that_no_longer_does_ends_the_study(monkeypatch, last):
    run = make_run(stream="tuning")
    stub_plans(monkeypatch, [[run]] * 9)
    leaving(monkeypatch, 3, 6, last, 9, 9, 9)
    with Store(":memory:") as store, pytest.raises(StoreError, match="lacks 1 run"):
        complete(read(TINY), store, 1, QUIET)


def test_it_goes_on_while_others_get_further(monkeypatch):
    """What they find may change what is asked of the one that did not."""
    one, *others = (make_run(stream="tuning", seed=seed) for seed in range(4))
    stub_plans(monkeypatch, [[one, other] for other in others])
    leaving(monkeypatch, *[5] * 6)
    with Store(":memory:") as store:
        assert complete(read(TINY), store, 1, QUIET)[1] == 6


def test_the_last_round_may_repeat_what_is_known_if_nothing_is_missing_then(monkeypatch):
    run = make_run(stream="tuning")
    stub_plans(monkeypatch, [[run]] * 2)
    leaving(monkeypatch, 5, 5)
    with Store(":memory:") as store:
        assert complete(read(TINY), store, 1, QUIET)[1] == 2


def test_the_command_tells_it_as_an_error_of_its_own(monkeypatch, tmp_path):
    monkeypatch.setattr(commands, "Store", lambda path: Losing(path, lambda _: True))
    with pytest.raises(commands.CommandError, match="still lacks 6 runs"):
        commands.run(read(TINY, *GIVEN), tmp_path, 1, quiet=True)
