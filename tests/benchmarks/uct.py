"""What UCT costs and how its constants were chosen: docs/opponents.md has the figures.

Seconds are those of the processor, which a busy machine stretches less than those of the clock.

python -m tests.benchmarks.uct rate hex8_2p square19_2p     playouts/s beside random play in the same minute
python -m tests.benchmarks.uct reuse hex8_2p                how much of a tree the next two moves would leave
python -m tests.benchmarks.uct tune hex8_2p --playouts 200  a tournament of constants
"""

import argparse
import time
from pathlib import Path

import numpy as np

from ringrift_engine.batch import Batch
from ringrift_engine.batch.random_games import play_random_games
from ringrift_engine.boards import CONFIGS
from ringrift_engine.players.uct import UctPlayer, UctSettings, UctTree

CONSTANTS = [f"{exploration}:{first_play}" for exploration in (0.25, 0.5, 1.0) for first_play in ("0.2", "0.5", "inf")]


def decisions_of(config, games, seed):
    """Every position with a choice of random games, and the moves that follow in its game, bookkeeping included."""
    random = np.random.default_rng(seed)
    batch = Batch(config, games)
    batch.play_forced(np.arange(games))
    seen = []
    while len(rows := np.flatnonzero(~batch.over())):
        seen += [(batch.games[row : row + 1].copy(), int(row), int(batch.length[row])) for row in rows]
        legal = batch.legal(rows)
        batch.apply(rows, legal.moves[legal.offsets[:-1] + (random.random(len(rows)) * legal.counts).astype(int)])
        batch.play_forced(rows)
    return [(game, int(batch.length[row]) - ply) for game, row, ply in seen]


def rate(key, playouts, decisions, rounds):
    """Playouts/s at positions from all over random games, against what random play at the same rate would make."""
    config = CONFIGS[key]
    random = np.random.default_rng(1)
    found = decisions_of(config, 20, seed=1)
    chosen = [found[place] for place in random.choice(len(found), decisions, replace=False)]
    tree = UctTree(config, UctSettings(playouts=playouts))
    for game, _ in chosen[:1]:
        tree.search(game[0], np.uint64(0))
    seeds = np.arange(max(8, 15_000 // config.cells), dtype=np.uint64)
    play_random_games(config, seeds)
    shares, rates, speeds = [], [], []
    for number in range(rounds):
        began = time.process_time()
        moves = int(play_random_games(config, seeds + np.uint64(1000 * number)).length.sum())
        moves_a_second = moves / (time.process_time() - began)
        began = time.process_time()
        done = [int(tree.search(game[0], np.uint64(number)).seats.sum()) for game, _ in chosen]
        spent = time.process_time() - began
        # As long as the rest of a random game from the position; the tree itself would cost nothing.
        predicted = sum(count * left for count, (_, left) in zip(done, chosen, strict=True)) / moves_a_second
        shares.append(predicted / spent)
        rates.append(sum(done) / spent)
        speeds.append(moves_a_second)
    mean_left = np.mean([left for _, left in chosen])
    print(
        f"{key}: random play {np.median(speeds):,.0f} moves/s, {mean_left:.0f} moves left on average; "
        f"{np.median(rates):,.0f} playouts/s, {np.median(shares):.2f} of the prediction "
        f"({np.min(shares):.2f} to {np.max(shares):.2f}); {playouts / np.median(rates):.2f} s a decision"
    )


def reuse(key, playouts, decisions):
    """Share of the playouts that lie behind the best move and the best reply to it: at most that could be kept."""
    config = CONFIGS[key]
    random = np.random.default_rng(2)
    found = decisions_of(config, 20, seed=2)
    tree = UctTree(config, UctSettings(playouts=playouts))
    shares = []
    for place in random.choice(len(found), decisions, replace=False):
        root = tree.search(found[place][0][0], np.uint64(place))
        if root.winner:
            continue
        made = 1 + int(root.seats.sum())
        parents, visits = tree._nodes.parent[:made], tree._nodes.visits[:made]
        best = int(np.argmax(np.where(parents == 0, visits, 0)))
        shares.append(int(np.where(parents == best, visits, 0).max()) / playouts)
    print(
        f"{key}: of {playouts} playouts at most {np.mean(shares):.1%} are behind the next two moves on average, "
        f"median {np.median(shares):.1%}, {len(shares)} decisions"
    )


def tune(key, constants, playouts, openings, seed, path):
    """A balanced tournament of constants; ratings with intervals. What is in the log is not played again."""
    from ringrift_engine.cli.tournament import standings_text
    from ringrift_engine.evaluation.match import Arena, Contestant
    from ringrift_engine.evaluation.match_log import MatchLog
    from ringrift_engine.evaluation.pairing import BALANCED
    from ringrift_engine.evaluation.standings import standings_of
    from ringrift_engine.evaluation.tournament import Entrant, TournamentSettings, play_tournament

    config = CONFIGS[key]
    entrants = []
    for exploration, first_play in (map(float, pair.split(":")) for pair in constants):
        settings = UctSettings(playouts=playouts, exploration=exploration, first_play=first_play)
        player = UctPlayer(config, settings)
        entrants.append(Entrant(player.name, Contestant(player, None, playouts)))
    settings = TournamentSettings(schedule=BALANCED, openings=openings, seed=seed)
    with MatchLog(path) as log:
        arena = Arena(log=log, purpose="tuning", run_id="tune", concurrency=8)
        print(standings_text(standings_of(play_tournament(config, entrants, settings, arena))))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["rate", "reuse", "tune"])
    parser.add_argument("configs", nargs="+", choices=list(CONFIGS))
    parser.add_argument("--playouts", type=int, default=200)
    parser.add_argument("--decisions", type=int, default=6)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--openings", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--constants", nargs="+", default=CONSTANTS, help="exploration:first_play, to be tuned")
    parser.add_argument("--log", type=Path, default=Path("tuning.db"))
    given = parser.parse_args()
    for key in given.configs:
        if given.what == "rate":
            rate(key, given.playouts, given.decisions, given.rounds)
        elif given.what == "reuse":
            reuse(key, given.playouts, given.decisions)
        else:
            tune(key, given.constants, given.playouts, given.openings, given.seed, given.log)


if __name__ == "__main__":
    main()
