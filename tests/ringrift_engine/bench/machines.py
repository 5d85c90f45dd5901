"""A machine that does not exist: its clock advances only by work, at a speed that a test decides."""

from collections.abc import Callable
from dataclasses import dataclass, field

from ringrift_engine.bench.timing import Clock

TURNS_A_SECOND = 1e8


def _usual(_: float) -> float:
    return 1.0


@dataclass
class PretendMachine:
    """Does `TURNS_A_SECOND` turns of the calibration loop a second, times what `speed` says for the moment."""

    speed: Callable[[float], float] = _usual
    second: float = 0.0
    done: list[str] = field(default_factory=list)

    def clock(self) -> Clock:
        """Its clock and its calibration loop."""
        return Clock(now=lambda: self.second, spin=self.turns)

    def turns(self, count: float) -> None:
        """Work as long as `count` turns take."""
        self.second += count / (TURNS_A_SECOND * self.speed(self.second))

    def work(self, name: str, amount: float, turns_each: float) -> Callable[[], float]:
        """Work of `amount`, each of which takes so many turns."""

        def once() -> float:
            self.done.append(name)
            self.turns(amount * turns_each)
            return amount

        return once
