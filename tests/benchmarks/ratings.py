"""How often the intervals of ratings cover, and how long a fit takes.

    python -m tests.benchmarks.ratings [--pools 1600]

prints the table and the times of docs/ratings.md. Pools are drawn from known strengths, seat effects and ties. Times
are of the processor, and good for comparison within one run only.
"""

import argparse
import time

import numpy as np

from ringrift_engine.ratings import fit_ratings
from tests.ringrift_engine.ratings.simulated import gauntlet, round_robin, simulate

BLOCK = 400  # pools drawn from one stream of random numbers
# name -> configuration, seats of the games, strengths, seat effects (Elo), factors of ties
POOLS = {
    "4 participants, 2 players": ("hex8_2p", round_robin(4, 2, 60), [0, 60, 150, -90], [25, -25], {}),
    "a candidate against three, 3 players": ("hex8_3p", gauntlet(3, 3, 40), [0, 120, -60, 40], [20, 0, -20], {}),
    "4 participants, 3 players, ties": ("hex8_3p", round_robin(4, 3, 20), [0, 120, -60, 40], [20, 0, -20], {2: 0.1}),
    "5 participants, 4 players, ties": (
        "hex8_4p", round_robin(5, 4, 12), [0, 60, 150, -90, 20], [30, 0, -10, -20], {2: 0.2, 3: 0.1},
    ),
}  # fmt: skip


def covered(name, pools):
    """Share of 95 % intervals of ratings, of seat effects, and of the difference of two, that hold the truth."""
    hits = [_of_block(name, block) for block in range(-(-pools // BLOCK))]
    return [float(np.mean([block[kind] for block in hits])) for kind in range(3)]


def _of_block(name, block):
    key, seats, strength, seat, ties = POOLS[name]
    random = np.random.default_rng([block, len(seats)])
    ratings_hit, seats_hit, differences_hit = [], [], []
    for _ in range(BLOCK):
        pool = simulate(key, seats, strength, random, seat, ties)
        ratings = fit_ratings(pool, {pool.participants[0]: 0.0})
        spread, seat_spread = np.sqrt(np.diag(ratings.covariance)), np.sqrt(np.diag(ratings.seat_covariance))
        ratings_hit.append(np.abs(ratings.elo - strength)[1:] < 1.959964 * spread[1:])
        seats_hit.append(np.abs(ratings.seat_elo - seat) < 1.959964 * seat_spread)
        gap = ratings.difference(*ratings.participants[1:3])
        differences_hit.append(gap.low < strength[1] - strength[2] < gap.high)
    return ratings_hit, seats_hit, differences_hit


def coverage_row(name, pools):
    """One row of the table."""
    shares = " | ".join(f"{share:.1%}" for share in covered(name, pools))
    return f"| {name} | {len(POOLS[name][1]):,} | {shares} |"


def seconds_of_a_fit(players, games=100_000, participants=50, repeats=3):
    """Processor seconds of a fit of random pairings, those of sorting the same orders with numpy (each the least of
    some repeats, in turns), and how many different games there were.
    """
    random = np.random.default_rng(7)
    seats = random.permuted(np.tile(np.arange(participants), (games, 1)), axis=1)[:, :players]
    pool = simulate(f"hex8_{players}p", seats, random.normal(0, 150, participants), random)
    orders = np.concatenate([pool.seats, pool.ranks], axis=1)
    fits, sorts = [], []
    for _ in range(repeats):
        began = time.process_time()
        fit_ratings(pool)
        fitted = time.process_time()
        different = len(np.unique(orders, axis=0))
        fits.append(fitted - began)
        sorts.append(time.process_time() - fitted)
    return min(fits), min(sorts), different


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--pools", type=int, default=1_600, help="Pools of each kind.")
    given = options.parse_args()
    print("| pool | games | ratings | seat effects | difference |\n|---|---|---|---|---|")
    for name in POOLS:
        print(coverage_row(name, given.pools), flush=True)
    for players in (2, 4):
        seconds, sorting, different = seconds_of_a_fit(players)
        print(
            f"100,000 games of {players} players, {different:,} different ones: {seconds:.2f} s, "
            f"{seconds / sorting:.1f} times as long as numpy sorts them"
        )


if __name__ == "__main__":
    main()
