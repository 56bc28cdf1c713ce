"""Targets measured in turn, round after round, and what their ratios come to."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import median

from rich.console import Console

from bench.wrk import Measured, Target, drive

Figure = Callable[[Measured], float]
console = Console(stderr=True)


def rate(measured: Measured) -> float:
    """Requests a second."""
    return measured.rate


def cheapness(measured: Measured) -> float:
    """Requests that a second of CPU time is enough for."""
    return 1 / measured.cpu


@dataclass(frozen=True)
class Plan:
    """How long it all may take."""

    rounds: int
    seconds: float
    small: int
    main: int
    large: int


FULL = Plan(rounds=5, seconds=3, small=10_000, main=100_000, large=1_000_000)
QUICK = Plan(rounds=3, seconds=1, small=2_000, main=10_000, large=100_000)


@dataclass(frozen=True)
class Claim:
    """That a target is so many times as good as another, or within so many times as bad."""

    read: str
    target: str
    against: str
    goal: float
    figure: Figure = rate
    within: bool = False


@dataclass
class Results:
    """Every run of every target, by its name, and the claims on them in the order made."""

    runs: dict[str, list[Measured]] = field(default_factory=dict)
    claims: list[tuple[Claim, float, float, float]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def measure(self, plan: Plan, targets: Sequence[Target]) -> None:
        """Drive each of `targets` in each round, in turn: what disturbs, disturbs all alike."""
        for target in targets:
            target.check()
            drive(target, 0.5 + plan.seconds / 4)  # warm
        for number in range(plan.rounds):
            for target in targets:
                console.print(f"round {number + 1} of {plan.rounds}: {target.name}", end=" ")
                measured = drive(target, plan.seconds)
                console.print(
                    f"{measured.rate:,.0f}/s, {measured.cpu:,.0f} µs, others {measured.others:.0%}",
                    highlight=False,
                )
                self.runs.setdefault(target.name, []).append(measured)

    def claim(self, *claims: Claim) -> None:
        """Work out the ratio of each: the median of the rounds, with the lowest and highest."""
        for claim in claims:
            pairs = zip(self.runs[claim.target], self.runs[claim.against], strict=True)
            ratios = [claim.figure(target) / claim.figure(other) for target, other in pairs]
            if claim.within:
                ratios = [1 / ratio for ratio in ratios]
            self.claims.append((claim, median(ratios), min(ratios), max(ratios)))

    def middle(self, name: str, figure: Figure) -> float:
        """The median of a figure over the rounds."""
        return median(figure(run) for run in self.runs[name])
