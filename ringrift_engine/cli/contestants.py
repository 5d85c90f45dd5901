"""Players named on the command line, together with the identity that shards and match logs keep of them."""

from typing import TYPE_CHECKING, Final

from ringrift_engine.boards import BoardConfig
from ringrift_engine.errors import ConfigError
from ringrift_engine.players.factory import KINDS, usage

if TYPE_CHECKING:
    from ringrift_engine.evaluation.match import Contestant
    from ringrift_engine.evaluation.tournament import Entrant
    from ringrift_engine.search import PlayoutCap

HELP: Final = " | ".join(usage(kind) for kind in KINDS)


def load_contestant(
    text: str,
    config: BoardConfig,
    threads: int,
    device: str,
    *,
    learning: bool = False,
    cap: "PlayoutCap | None" = None,
) -> "Contestant":
    """The player that `text` means, in earnest unless its games are for `learning`; `cap` as in `make_player`.

    ConfigError or DataError if there is none such or its model cannot be loaded.
    """
    return load_entrant(text, config, threads, device, learning=learning, cap=cap).contestant


def load_entrant(
    text: str,
    config: BoardConfig,
    threads: int,
    device: str,
    *,
    learning: bool = False,
    cap: "PlayoutCap | None" = None,
) -> "Entrant":
    """The same for a tournament, under the name that stays when another model is promoted: the path of its model."""
    from ringrift_engine.evaluation.match import Contestant
    from ringrift_engine.evaluation.tournament import Entrant
    from ringrift_engine.files import sha256_of
    from ringrift_engine.players.factory import budget_of, in_earnest, make_player, parse_player
    from ringrift_engine.players.models import data_root, with_known_model

    spec = with_known_model(parse_player(text), config, data_root())
    spec = spec if learning else in_earnest(spec)
    player = make_player(spec, config, threads, device, cap)
    contestant = Contestant(player, sha256_of(spec.model) if spec.model else None, budget_of(spec))
    return Entrant(str(spec), contestant, spec.model)


def load_seats(
    text: str,
    config: BoardConfig,
    threads: int,
    device: str,
    *,
    learning: bool = False,
    cap: "PlayoutCap | None" = None,
) -> list["Contestant"]:
    """One contestant a seat from a list with commas; a single one sits everywhere. ConfigError for another number."""
    names = split_seats(text, config)
    known = {
        name: load_contestant(name, config, threads, device, learning=learning, cap=cap)
        for name in dict.fromkeys(names)
    }
    return [known[name] for name in names]


def split_seats(text: str, config: BoardConfig) -> list[str]:
    """A name for each seat from a list with commas, as `load_seats` takes it."""
    names = text.split(",")
    if len(names) == 1:
        names *= config.num_players
    if len(names) != config.num_players:
        raise ConfigError(f"{config.key} has {config.num_players} seats, --seats {text!r} names {len(names)} players")
    return names
