"""Tournaments: many players, openings shared by all, every seat rotated, every game in the match log.

A tournament that is started again plays the games that are missing: a game is known by what determines it, whoever
played it and for whatever purpose. A participant is what it plays with, so a model is its content: the same one under
two names is refused, and so is a file whose content changed since the tournament began, because half of its games
would be another player's. The sheet beside the log keeps who took part.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from ringrift_engine.boards import BoardConfig
from ringrift_engine.errors import ConfigError, DataError
from ringrift_engine.evaluation.match import Arena, Contestant, PartOfWork, in_groups, logged_game
from ringrift_engine.evaluation.match_log import LoggedGame, game_key
from ringrift_engine.evaluation.openings import Opening, draw_openings, rotations
from ringrift_engine.evaluation.pairing import ROUND_ROBIN, Table, tables_of
from ringrift_engine.files import publishing, sha256_of
from ringrift_engine.progress import Progress
from ringrift_engine.records.shard_schema import Participant, to_json
from ringrift_engine.selfplay.plan import GamePlan
from ringrift_engine.selfplay.runner import play_as_they_end
from ringrift_engine.selfplay.settings import SelfplaySettings

SHEETS: Final = "tournaments"  # folder beside the log


@dataclass(frozen=True, kw_only=True)
class TournamentSettings:
    """How a tournament is played; impossible values are refused where the tables are made.

    schedule           see `pairing`
    openings           see `pairing.tables_of`
    opening_decisions  random choices in each
    seed               names openings and random numbers
    """

    schedule: str = ROUND_ROBIN
    openings: int = 10
    opening_decisions: int = 4
    seed: int = 0


@dataclass(frozen=True)
class Entrant:
    """Who takes part: the name it was given, the player, and the file of its model if it has one."""

    name: str
    contestant: Contestant
    model: Path | None = None

    @property
    def participant(self) -> Participant:
        """The identity under which its games are logged."""
        return self.contestant.participant


@dataclass(frozen=True)
class _Planned:
    """One game: its opening, its plan (whose seats are numbers of entrants), who sits where, and its key."""

    opening: Opening
    plan: GamePlan
    seats: tuple[Participant, ...]
    key: str


def play_tournament(
    config: BoardConfig, entrants: Sequence[Entrant], settings: TournamentSettings, arena: Arena
) -> list[LoggedGame]:
    """Play what is missing of a tournament, log it, and return all its games in the order of the tables; the id of the
    tournament is part of their run's.

    ConfigError for fewer than two participants, for one that was named twice and for an impossible schedule; DataError
    for a model whose file has changed. An error of a player is passed on: games that were being played are not logged.
    """
    refuse_twins(entrants)
    tables = tables_of(settings.schedule, len(entrants), config.num_players, settings.openings, settings.seed)
    number = admit(entrants, config, settings, arena.log.path.parent / SHEETS)
    arena = replace(arena, run_id=f"{arena.run_id}, tournament {number}")
    planned = _planned(config, entrants, settings, tables)
    keys = [game.key for game in planned]
    known = arena.log.known(keys)
    missing = [game for game in planned if game.key not in known]
    done = len(planned) - len(missing)
    progress = PartOfWork(arena.progress, f"tournament of {config.key}", done, len(missing), len(planned))
    for games in in_groups(_play(config, entrants, missing, arena, progress), arena.games_a_transaction):
        arena.log.record(games)
    require_same_models(entrants)
    logged = arena.log.known(keys)
    return [logged[key] for key in keys]


def refuse_twins(entrants: Sequence[Entrant]) -> None:
    """ConfigError if two of the names mean the same participant: it would play against itself and be counted twice."""
    first: dict[Participant, str] = {}
    for entrant in entrants:
        if (before := first.get(entrant.participant)) is not None:
            raise ConfigError(
                f"{before!r} and {entrant.name!r} are the same participant, {entrant.participant.name}. Name it once."
            )
        first[entrant.participant] = entrant.name


def require_same_models(entrants: Sequence[Entrant]) -> None:
    """DataError if the file of a model has other content than the player that was made from it."""
    for entrant in entrants:
        if entrant.model is None:
            continue
        found = sha256_of(entrant.model) if entrant.model.is_file() else "no file"
        if found != entrant.contestant.model:
            raise DataError(
                f"{entrant.name}: the player was made from the model {entrant.contestant.model}, and {entrant.model} "
                f"now has {found}. A model is named by its content: restore the file, or let the other one take part "
                "under its own name."
            )


def admit(entrants: Sequence[Entrant], config: BoardConfig, settings: TournamentSettings, folder: Path) -> str:
    """Write the sheet of a tournament, or compare with it if the tournament was begun before; the tournament's id.

    A tournament is named by its configuration, seed and openings and by the names of who takes part. DataError if a
    name meant another participant when it began.
    """
    require_same_models(entrants)
    names = sorted(entrant.name for entrant in entrants)
    facts = [config.key, settings.seed, settings.opening_decisions, names]
    number = hashlib.sha256(to_json(facts).encode()).hexdigest()[:12]
    sheet = folder / f"{number}.json"
    meant = {entrant.name: asdict(entrant.participant) for entrant in entrants}
    if not sheet.exists():
        with publishing(sheet) as path:
            path.write_text(json.dumps({"config_key": config.key, "seed": settings.seed, "entrants": meant}, indent=1))
        return number
    before = _read_sheet(sheet)
    for name in names:
        if before[name] != meant[name]:
            raise DataError(
                f"{name} was {_shown(before[name])} when this tournament began and is {_shown(meant[name])} now: it "
                f"was exchanged under its name. Restore it, or begin another tournament with another --seed; {sheet} "
                "keeps who took part."
            )
    return number


def _read_sheet(sheet: Path) -> Mapping[str, Mapping[str, Any]]:
    try:
        return json.loads(sheet.read_text())["entrants"]
    except (ValueError, KeyError) as error:
        raise DataError(f"{sheet}: no sheet of a tournament ({error!r}). Remove it to begin again.") from error


def _shown(participant: Mapping[str, Any]) -> str:
    return f"{participant['name']} with the content {participant['model'] or 'of the engine'}"


def _planned(
    config: BoardConfig, entrants: Sequence[Entrant], settings: TournamentSettings, tables: Sequence[Table]
) -> list[_Planned]:
    """Every game of every table. Its random numbers are those of the opening and the game's place in the rotation, as
    in a match, so that tables differ by who sits there and by nothing else.
    """
    count = 1 + max(table.opening for table in tables)
    openings = draw_openings(config, settings.seed, 0, count, settings.opening_decisions)
    planned = []
    for table in tables:
        opening = openings[table.opening]
        for game, plan in enumerate(rotations(opening, config.num_players)):
            sitting = table.seats(game)
            seats = tuple(entrants[number].participant for number in sitting)
            key = game_key(config.key, plan.opening_seed, plan.opening, plan.play_seed, seats)
            planned.append(_Planned(opening, replace(plan, seats=sitting), seats, key))
    return planned


def _play(
    config: BoardConfig, entrants: Sequence[Entrant], games: Sequence[_Planned], arena: Arena, progress: Progress
) -> Iterator[LoggedGame]:
    if not games:
        return
    settings = SelfplaySettings(games=len(games), concurrency=arena.concurrency, sampled_decisions=0)
    players = [entrant.contestant.player for entrant in entrants]
    plans = [game.plan for game in games]
    for number, record in play_as_they_end(config, players, plans, settings, 0, progress, threads=arena.threads):
        game = games[number]
        yield logged_game(config, game.seats, game.opening, game.plan, record, arena)
