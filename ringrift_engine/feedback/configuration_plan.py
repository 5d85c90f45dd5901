"""The plan of one configuration: its numbers, the terms they are made of, as text for people and as JSON."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final, Self

from ringrift_engine.errors import DataError
from ringrift_engine.feedback.quality import TrainingAdjustment
from ringrift_engine.feedback.signals import Signal, Term

PROMOTED_MODEL: Final = "promoted model"
NOBODY: Final = ""


@dataclass(frozen=True, kw_only=True)
class ConfigurationPlan:
    """What one configuration does in a generation.

    player       who plays: the promoted model, the declared bootstrap player, or nobody (empty, then no games)
    opponents    (name, share) from the easiest to the hardest; the bootstrap player's only opponent is itself
    simulations  of each searched decision
    temperature  of drawn moves
    terms        every term of games, simulations, temperature, opponents, priority and curriculum weight
    signals      what was noticed
    """

    key: str
    generation: int
    player: str
    base_games: int
    games: int
    opponents: tuple[tuple[str, float], ...]
    base_simulations: int
    simulations: int
    base_temperature: float
    temperature: float
    priority: float
    training: TrainingAdjustment
    terms: tuple[Term, ...]
    signals: tuple[Signal, ...]

    def terms_of(self, quantity: str) -> tuple[Term, ...]:
        """The terms of one quantity, in the order in which they are applied."""
        return tuple(term for term in self.terms if term.quantity == quantity)

    def explain(self) -> str:
        """The plan as text for people: each number, then what it is made of."""
        parts = (self._factors(), self._sum(), self._shares(), self._training(), self._noticed())
        return "\n".join([self._headline(), *(line for part in parts for line in part)])

    def _headline(self) -> str:
        who = f"the {self.player} plays" if self.player else "nobody plays"
        return f"{self.key}, generation {self.generation}: {who} {self.games} games, priority {self.priority:.3f}"

    def _factors(self) -> list[str]:
        rows = [
            ("games", f"{self.base_games}", f"{self.games}"),
            ("simulations", f"{self.base_simulations}", f"{self.simulations}"),
            ("temperature", f"{self.base_temperature:.2f}", f"{self.temperature:.2f}"),
        ]
        lines = []
        for quantity, base, value in rows:
            terms = self.terms_of(quantity)
            lines.append(f"  {quantity} {value}: {base}{''.join(f' x {term.value:.2f}' for term in terms)}")
            lines += [f"    x {term.value:.2f} {term.name}: {term.why}" for term in terms]
        return lines

    def _sum(self) -> list[str]:
        lines = [f"  priority {self.priority:.3f}"]
        for term in self.terms_of("priority"):
            lines.append(f"    {term.value:+.3f} {term.name}: {term.why}")
            if term.name == "curriculum":
                lines += [
                    f"           x {part.value:.2f} {part.name}: {part.why}" for part in self.terms_of("curriculum")
                ]
        return lines

    def _shares(self) -> list[str]:
        return [f"  opponents{'' if self.opponents else ': nobody'}"] + [
            f"    {term.value:.1%} {term.name}: {term.why}" for term in self.terms_of("opponents")
        ]

    def _training(self) -> list[str]:
        training = self.training
        factors = f"batch size x {training.batch_factor:.2f}, epochs x {training.epoch_factor:.2f}"
        check = "; its data need a check" if training.check_data else ""
        return [f"  training: {'blocked' if training.blocked else factors}{check}"]

    def _noticed(self) -> list[str]:
        lines = [f"  signals{'' if self.signals else ': none'}"]
        for signal in self.signals:
            subject = f" ({signal.subject})" if signal.subject else ""
            lines.append(f"    {signal.name}{subject}: {signal.why}")
        return lines

    def to_json(self) -> dict[str, Any]:
        """All fields as JSON values, read back by `from_json`."""
        plain = {field.name: getattr(self, field.name) for field in fields(self)}
        return {
            **plain,
            "opponents": [list(share) for share in self.opponents],
            "training": self.training.to_json(),
            "terms": [term.to_json() for term in self.terms],
            "signals": [signal.to_json() for signal in self.signals],
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """The inverse of `to_json`; DataError for something else."""
        try:
            read = {
                "opponents": tuple((str(name), float(share)) for name, share in values["opponents"]),
                "training": TrainingAdjustment(**values["training"]),
                "terms": tuple(Term.from_json(term) for term in values["terms"]),
                "signals": tuple(Signal.from_json(signal) for signal in values["signals"]),
            }
            return cls(**{**values, **read})
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(f"Not a plan of self-play ({error}). Plan again.") from error
