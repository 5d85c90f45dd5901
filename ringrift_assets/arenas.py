"""Who plays, and where: networks with search and an arena over the log for every evaluation that a worker plays, and
the player of a configuration that has no network.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ringrift_engine.boards import BoardConfig
from ringrift_engine.errors import DataError
from ringrift_engine.progress import Progress

if TYPE_CHECKING:
    from ringrift_engine.evaluation.gauntlet import Entrants
    from ringrift_engine.evaluation.match import Arena, Contestant
    from ringrift_engine.players.factory import PlayerSpec

BOOTSTRAP_PLAYER: Final = "bootstrap"
"""The drawn heuristic: of the players of a configuration without a promoted model the one that does not search."""


def bootstrap_spec(player: str, simulations: int | None) -> "PlayerSpec":
    """The player of a configuration without a promoted model; `simulations` None for the player's own default."""
    from ringrift_engine.players.factory import PlayerSpec

    if player == BOOTSTRAP_PLAYER:
        return PlayerSpec(player)
    if player == "uct":
        return PlayerSpec(player, playouts=simulations)
    return PlayerSpec(player, simulations=simulations)


def searching(
    request: Mapping[str, Any], config: BoardConfig, model: Mapping[str, str], simulations: int
) -> "Contestant":
    """A model, path and sha256, that plays with search, without it for 0 simulations; DataError if its file has other
    content.
    """
    from ringrift_engine.evaluation.gauntlet import model_contestant

    threads, device = request["threads"], request["device"]
    return model_contestant(config, Path(model["path"]), model["sha256"], simulations, threads, device)


def entrants_of(request: Mapping[str, Any], config: BoardConfig, simulations: int) -> "tuple[Entrants, str]":
    """Who plays the gauntlet of a request, and why the network that learnt without search does not, if it ships.

    One that ships for another encoder or other rules is no reason to stop: nobody can train it anew in the middle.
    """
    from ringrift_engine.evaluation.gauntlet import Entrants
    from ringrift_engine.nets.checkpoint import require_fit

    baseline, left_out = request["search_free"], ""
    if baseline:
        try:
            require_fit(Path(baseline["path"]), config)
        except DataError as error:
            baseline, left_out = None, str(error)
    who = {"candidate": (request["candidate"], simulations), "alone": (request["candidate"], 0)}
    who |= {"promoted": (request["promoted"], simulations), "search_free": (baseline, 0)}
    found = {name: searching(request, config, model, budget) for name, (model, budget) in who.items() if model}
    return Entrants(**found), left_out


@contextmanager
def arena_of(request: Mapping[str, Any], purpose: str, concurrency: int, progress: Progress) -> "Iterator[Arena]":
    """Where the games of a request are played and logged; its log is open until the block ends."""
    from ringrift_engine.evaluation.match import Arena
    from ringrift_engine.evaluation.match_log import MatchLog

    with MatchLog(Path(request["matches"])) as log:
        yield Arena(
            log=log,
            purpose=purpose,
            run_id=request["run_id"],
            concurrency=concurrency,
            threads=request["threads"],
            progress=progress,
        )
