"""Players named on the command line, together with the identity that shards and match logs keep of them."""

from typing import TYPE_CHECKING, Final

from ringrift_engine.boards import BoardConfig
from ringrift_engine.errors import ConfigError
from ringrift_engine.players.factory import KINDS, usage

if TYPE_CHECKING:
    from ringrift_engine.evaluation.match import Contestant

HELP: Final = " | ".join(usage(kind) for kind in KINDS)


def load_contestant(
    text: str, config: BoardConfig, threads: int, device: str, *, learning: bool = False
) -> "Contestant":
    """The player that `text` means, in earnest unless its games are for `learning`.

    ConfigError or DataError if there is none such or its model cannot be loaded.
    """
    from ringrift_engine.evaluation.match import Contestant
    from ringrift_engine.files import sha256_of
    from ringrift_engine.players.factory import in_earnest, make_player, parse_player
    from ringrift_engine.search.settings import SearchSettings

    spec = parse_player(text) if learning else in_earnest(parse_player(text))
    player = make_player(spec, config, threads, device)
    searches = "simulations" in KINDS[spec.kind]
    simulations = (spec.simulations or SearchSettings().simulations) if searches else 0
    return Contestant(player, sha256_of(spec.model) if spec.model else None, simulations)


def load_seats(
    text: str, config: BoardConfig, threads: int, device: str, *, learning: bool = False
) -> list["Contestant"]:
    """One contestant a seat from a list with commas; a single one sits everywhere. ConfigError for another number."""
    names = text.split(",")
    if len(names) == 1:
        names *= config.num_players
    if len(names) != config.num_players:
        raise ConfigError(f"{config.key} has {config.num_players} seats, --seats {text!r} names {len(names)} players")
    known = {name: load_contestant(name, config, threads, device, learning=learning) for name in dict.fromkeys(names)}
    return [known[name] for name in names]
