"""The games of a shadow tournament: the promoted model against each opponent, every opening from every seat."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from ringrift_assets.arenas import arena_of, searching
from ringrift_engine.boards import BoardConfig
from ringrift_engine.progress import Progress

if TYPE_CHECKING:
    from ringrift_engine.evaluation.match import Contestant

PURPOSE: Final = "shadow tournament"


def shadow(request: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    """Play the matches of the request; games that a killed run had logged are not played again.

    promoted   path and sha256 of the promoted model
    opponents  name -> path and sha256 of an earlier model, or None for the fixed player of that name
    rounds     openings against each opponent
    seed       names them
    DataError for a model whose file has other content than its name says.
    """
    from ringrift_engine.evaluation.match import play_match
    from ringrift_engine.evaluation.openings import draw_openings
    from ringrift_engine.evaluation.settings import evaluation_settings

    config = BoardConfig.from_key(request["key"])
    settings = evaluation_settings(config)
    promoted = _contestant("promoted", request["promoted"], config, request)
    opponents = {name: _contestant(name, model, config, request) for name, model in request["opponents"].items()}
    openings = draw_openings(config, request["seed"], 0, request["rounds"], settings.opening_decisions)
    matches = {}
    with arena_of(request, PURPOSE, settings.concurrency, progress) as arena:
        for name, opponent in opponents.items():
            result = play_match(config, promoted, opponent, openings, arena)
            low, high = result.interval()
            facts = {"games": result.games, "wins": result.wins, "low": low, "high": high, "score": result.score}
            matches[name] = {**facts, "opponent": asdict(result.opponent)}
    return {"matches": matches, "games": sum(match["games"] for match in matches.values())}


def _contestant(
    name: str, model: Mapping[str, str] | None, config: BoardConfig, request: Mapping[str, Any]
) -> "Contestant":
    from ringrift_engine.evaluation.match import Contestant
    from ringrift_engine.players.factory import make_player, parse_player

    if model is None:
        return Contestant(make_player(parse_player(name), config, request["threads"], request["device"]))
    return searching(request, config, model, request["simulations"])
