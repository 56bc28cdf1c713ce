"""Measurement of targets in turn over several rounds, and comparison of the results with goals."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import median

from rich.console import Console

from bench.wrk import Measurement, Target, run_wrk

console = Console(stderr=True, highlight=False, soft_wrap=True)


@dataclass(frozen=True)
class Plan:
    """Rounds, seconds per run, and archive sizes of a benchmark run."""

    rounds: int
    seconds: int
    small: int
    main: int
    large: int
    growth_on_postgresql: bool
    """True if growth is measured on PostgreSQL too."""


FULL = Plan(5, 3, small=10_000, main=100_000, large=1_000_000, growth_on_postgresql=True)
QUICK = Plan(3, 1, small=10_000, main=10_000, large=100_000, growth_on_postgresql=False)


@dataclass(frozen=True)
class Metric:
    """Metric by which runs are compared; higher values are better, or lower ones."""

    name: str
    value: Callable[[Measurement], float]
    higher_is_better: bool


RATE = Metric("requests/s", lambda run: run.rate, higher_is_better=True)
CPU = Metric("CPU per request", lambda run: run.cpu, higher_is_better=False)
CPU_MS = Metric("ms of CPU", lambda run: run.cpu / 1000, higher_is_better=False)
P95 = Metric("ms, p95", lambda run: run.p95, higher_is_better=False)


@dataclass(frozen=True)
class Goal:
    """Row of the table of goals."""

    target: str
    reference: str
    result: str
    goal: str
    reached: bool


@dataclass
class Results:
    """Measurements by target name, in the order of the first runs, and comparisons with goals."""

    runs: dict[str, list[Measurement]] = field(default_factory=dict)
    goals: list[Goal] = field(default_factory=list)

    def measure(self, plan: Plan, targets: Sequence[Target]) -> None:
        """Measure each target in each round, in turn, so that disturbances affect all equally."""
        for target in targets:
            target.warm()
        for number in range(1, plan.rounds + 1):
            for target in targets:
                run = run_wrk(target, plan.seconds)
                self.runs.setdefault(target.name, []).append(run)
                console.print(
                    f"round {number} of {plan.rounds}  {target.name:<40}"
                    f"{run.rate:>9,.0f}/s {run.cpu:>8,.0f} µs  others {run.others:.0%}"
                )

    def median_of(self, name: str, metric: Callable[[Measurement], float]) -> float:
        """Return the median of a metric over the rounds of a target."""
        return median(metric(run) for run in self.runs[name])

    def ratio_at_least(
        self, target: str, reference: str, goal: float, metric: Metric = RATE
    ) -> None:
        """Add the goal that `target` is at least `goal` times as good as `reference`."""
        ratio, text = self._ratio(target, reference, metric)
        self._add(target, reference, f"{text} by {metric.name}", f"≥ {goal:g} ×", ratio >= goal)

    def ratio_at_most(self, target: str, reference: str, goal: float, metric: Metric = CPU) -> None:
        """Add the goal that `target` is at most `goal` times as bad as `reference`."""
        ratio, text = self._ratio(reference, target, metric)
        self._add(target, reference, f"{text} by {metric.name}", f"≤ {goal:g} ×", ratio <= goal)

    def median_at_most(self, target: str, metric: Metric, limit: float) -> None:
        """Add the goal that the median of `metric` is at most `limit`."""
        self.value_at_most(target, self.median_of(target, metric.value), metric.name, limit)

    def value_at_most(self, target: str, value: float, unit: str, limit: float) -> None:
        """Add the goal that a value is at most `limit`, both in `unit`."""
        self._add(target, "", f"{_format(value)} {unit}", f"≤ {limit:g}", value <= limit)

    def value_at_least(self, target: str, value: float, unit: str, limit: float) -> None:
        """Add the goal that a value is at least `limit`, both in `unit`."""
        self._add(target, "", f"{_format(value)} {unit}", f"≥ {limit:g}", value >= limit)

    def add_in_process(self, target: str, reference: str, ratio: float, goal: float) -> None:
        """Add a ratio measured elsewhere, with the goal of at most `goal`."""
        self._add(
            target, reference, f"{ratio:.2f} × by CPU in process", f"≤ {goal:g} ×", ratio <= goal
        )

    def add_result(self, target: str, result: str) -> None:
        """Add a result without a goal."""
        self._add(target, "", result, "", True)

    def _ratio(self, target: str, reference: str, metric: Metric) -> tuple[float, str]:
        """Return how many times as good `target` was: the median of the rounds, and its text."""
        pairs = zip(self.runs[target], self.runs[reference], strict=True)
        ratios = sorted(
            (metric.value(one) / metric.value(other)) ** (1 if metric.higher_is_better else -1)
            for one, other in pairs
        )
        middle = median(ratios)
        return middle, f"{middle:.2f} × ({ratios[0]:.2f}–{ratios[-1]:.2f})"

    def _add(self, target: str, reference: str, result: str, goal: str, reached: bool) -> None:
        self.goals.append(Goal(target, reference, result, goal, reached))
        mark = "reached" if reached else "MISSED"
        compared = f" compared with {reference}" if reference else ""
        console.print(f"{mark}: {target}{compared}: {result}, goal {goal or 'none'}")


def _format(value: float) -> str:
    """Three digits at least: `0.95`, `12.3`, `1,234`."""
    decimals = 0 if value >= 100 else 1 if value >= 10 else 2
    return f"{value:,.{decimals}f}"
