"""Targets measured in turn, round after round, and what the figures come to."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import median

from rich.console import Console

from bench.wrk import Measured, Target, drive

console = Console(stderr=True, highlight=False, soft_wrap=True)


@dataclass(frozen=True)
class Plan:
    """How large it all is, and how long it may take."""

    rounds: int
    seconds: int
    small: int
    main: int
    large: int
    everywhere: bool
    """Whether growth is measured on PostgreSQL too."""


FULL = Plan(5, 3, small=10_000, main=100_000, large=1_000_000, everywhere=True)
QUICK = Plan(3, 1, small=10_000, main=10_000, large=100_000, everywhere=False)


@dataclass(frozen=True)
class Figure:
    """What runs are compared by; of some figures more is better, of others less."""

    name: str
    of: Callable[[Measured], float]
    more: bool


RATE = Figure("requests/s", lambda run: run.rate, more=True)
CPU = Figure("CPU a request", lambda run: run.cpu, more=False)


@dataclass(frozen=True)
class Line:
    """A line of the table of goals."""

    read: str
    against: str
    found: str
    goal: str
    reached: bool


@dataclass
class Results:
    """Every run of every target by its name, in the order of the first runs, and the goals."""

    runs: dict[str, list[Measured]] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)

    def measure(self, plan: Plan, targets: Sequence[Target]) -> None:
        """Drive each of `targets` in each round, in turn: what disturbs, disturbs all alike."""
        for target in targets:
            target.warm()
        for number in range(1, plan.rounds + 1):
            for target in targets:
                run = drive(target, plan.seconds)
                self.runs.setdefault(target.name, []).append(run)
                console.print(
                    f"round {number} of {plan.rounds}  {target.name:<40}"
                    f"{run.rate:>9,.0f}/s {run.cpu:>8,.0f} µs  others {run.others:.0%}"
                )

    def middle(self, name: str, figure: Callable[[Measured], float]) -> float:
        """The median of a figure over the rounds of a target."""
        return median(figure(run) for run in self.runs[name])

    def at_least(self, target: str, against: str, goal: float, by: Figure = RATE) -> None:
        """Compare: `target` is to be `goal` times as good as `against`."""
        found, told = self._ratio(target, against, by)
        self._add(target, against, f"{told} by {by.name}", f"≥ {goal:g} ×", found >= goal)

    def within(self, target: str, against: str, goal: float, by: Figure = CPU) -> None:
        """Compare: `target` is to be at most `goal` times as bad as `against`."""
        found, told = self._ratio(against, target, by)
        self._add(target, against, f"{told} by {by.name}", f"≤ {goal:g} ×", found <= goal)

    def below(self, target: str, figure: Callable[[Measured], float], limit: float) -> None:
        """Compare: the 95th percentile is to lie below `limit` milliseconds."""
        found = self.middle(target, figure)
        self._add(target, "", f"{found:.1f} ms", f"< {limit:g} ms", found < limit)

    def stated(self, read: str, against: str, ratio: float, goal: float) -> None:
        """Take in a ratio measured elsewhere, that is to be `goal` at the most."""
        self._add(read, against, f"{ratio:.2f} × by CPU in process", f"≤ {goal:g} ×", ratio <= goal)

    def told(self, read: str, found: str) -> None:
        """Take in what has no goal."""
        self._add(read, "", found, "", True)

    def _ratio(self, target: str, against: str, by: Figure) -> tuple[float, str]:
        """How many times as good `target` was: the median of the rounds, and it in words."""
        pairs = zip(self.runs[target], self.runs[against], strict=True)
        ratios = sorted(
            (by.of(one) / by.of(other)) ** (1 if by.more else -1) for one, other in pairs
        )
        middle = median(ratios)
        return middle, f"{middle:.2f} × ({ratios[0]:.2f}–{ratios[-1]:.2f})"

    def _add(self, read: str, against: str, found: str, goal: str, reached: bool) -> None:
        line = Line(read, against, found, goal, reached)
        self.lines.append(line)
        mark = "reached" if reached else "MISSED"
        beside = f" against {against}" if against else ""
        console.print(f"{mark}: {read}{beside}: {found}, goal {goal or 'none'}")
