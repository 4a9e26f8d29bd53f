"""What learning rates were tuned for, in words."""

from __future__ import annotations

from experiments.analysis.measures import MOMENTS
from experiments.goals import improves_upwards
from experiments.records import METRIC_WORDS, METRICS
from experiments.report import words
from experiments.study import BestClaim, MeasureClaim, Objective, Study, TimeClaim, chosen_by


def objectives(study: Study) -> list[str]:
    """Say what the rates are tuned for that each claim is judged by, claims alike together."""
    claims: dict[str, list[int]] = {}
    other = study.tuning is not None and study.tuning.second is not None
    for claim in study.claims:
        if isinstance(claim, MeasureClaim) and claim.measure.before_training and not other:
            what = "read before training, which no rate changes"
        else:
            what = f"the rates with {tuned_for(study.objective_of(claim))}"
            one = claim.duels[0] if isinstance(claim, BestClaim) else claim
            judged_by = one.metric if isinstance(one, TimeClaim) else one.measure.name
            if judged_by in METRICS and chosen_by(judged_by) != judged_by:
                what += ", since the test part is kept for the verdict"
        claims.setdefault(what, []).append(claim.number)
    if not claims:
        return [f"Tuned for: the rates with {tuned_for(study.objective)}."]
    return [
        f"Claim{'s' * (len(numbers) > 1)} {', '.join(map(str, numbers))}: {what}."
        for what, numbers in claims.items()
    ]


def tuned_for(objective: Objective) -> str:
    """Write what a search looks for: `the fewest updates to a validation accuracy of 0.9`."""
    if objective.goals:
        metric, _ = objective.goals[0]
        targets = " and ".join(words.number(target) for _, target in objective.goals)
        return f"the fewest updates to a {METRIC_WORDS[metric]} of {targets}"
    if objective.metric:
        best = "highest" if improves_upwards(objective.metric) else "lowest"
        return f"the {best} {METRIC_WORDS[objective.metric]}, {_moment(objective.at)}"
    return "the lowest training loss at the end"


def _moment(name: str) -> str:
    return MOMENTS[name].words or MOMENTS[name].meaning
