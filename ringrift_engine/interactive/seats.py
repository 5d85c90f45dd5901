"""Who sits where in a game with people, by name: what every player is called elsewhere, and two names more.

human      a person
strongest  the strongest player at hand (`strongest`)
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from ringrift_engine.boards import BoardConfig
from ringrift_engine.errors import ConfigError
from ringrift_engine.interactive.strongest import strongest_player
from ringrift_engine.players.factory import KINDS, PlayerSpec, parse_player

PERSONS_NAME: Final = "human"
STRONGEST: Final = "strongest"
_WITHOUT_POLICY: Final = ("random", "heuristic")


@dataclass(frozen=True)
class Seat:
    """One seat; `text` names its player for good, `why` says why it is the strongest if that was asked for."""

    text: str
    why: str = ""

    @property
    def is_person(self) -> bool:
        """Whether a person sits there."""
        return self.text == PERSONS_NAME


def usual_seats(config: BoardConfig) -> list[str]:
    """A person in seat 1 against the strongest player in all others."""
    return [PERSONS_NAME, *[STRONGEST] * (config.num_players - 1)]


def take_seats(names: Sequence[str], config: BoardConfig, root: Path, simulations: int | None = None) -> list[Seat]:
    """The seats that `names` mean; `simulations` is for those players that take a number of them and name none.

    ConfigError for a name that means nobody, and for `simulations` that nobody takes.
    """
    seats = [_take(name, config, root, simulations) for name in names]
    programs = [parse_player(seat.text) for seat in seats if not seat.is_person]
    if simulations is not None and not any(spec.simulations == simulations for spec in programs):
        raise ConfigError(
            f"Nobody takes {simulations} simulations: {_listed(programs)} {_reasons(seats)}. Leave the number out, or "
            "name a player that searches, such as teacher."
        )
    return seats


def require_policies(seats: Sequence[Seat]) -> None:
    """ConfigError if no program among them plays by a policy, so that a temperature would change nothing."""
    programs = [parse_player(seat.text) for seat in seats if not seat.is_person]
    if all(spec.kind in _WITHOUT_POLICY for spec in programs):
        raise ConfigError(
            f"A temperature changes nothing: {_listed(programs)} {_reasons(seats)}. Leave it out, or name a player "
            "with a policy, such as bootstrap."
        )


def _take(name: str, config: BoardConfig, root: Path, simulations: int | None) -> Seat:
    if name == PERSONS_NAME:
        return Seat(name)
    if name == STRONGEST:
        found = strongest_player(config, root, simulations)
        return Seat(str(found.spec), found.why)
    return Seat(str(_with_simulations(parse_player(name), simulations)))


def _with_simulations(spec: PlayerSpec, simulations: int | None) -> PlayerSpec:
    takes = "simulations" in KINDS[spec.kind] and spec.simulations is None
    return replace(spec, simulations=simulations) if takes else spec


def _listed(programs: Sequence[PlayerSpec]) -> str:
    return "the players are " + ", ".join(map(str, programs)) if programs else "no program plays"


def _reasons(seats: Sequence[Seat]) -> str:
    """In brackets, why the strongest player is the one it is."""
    reasons = dict.fromkeys(seat.why for seat in seats if seat.why)
    return f"({'; '.join(reasons)})" if reasons else ""
