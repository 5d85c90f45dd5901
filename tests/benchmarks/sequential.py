"""How often the sequential test errs, how many games it takes, and how often its intervals cover, by simulation.

    python -m tests.benchmarks.sequential [--runs 10000] [--intervals 2000]

prints the tables of docs/ratings.md. Games are drawn from distributions whose mean score is known; all runs of a case
advance together. The test's decisions are computed here a second time, for arrays of runs, and a test compares them
with the engine's one by one.
"""

import argparse
from dataclasses import dataclass

import numpy as np

from ringrift_engine.evaluation.intervals import elo_of_score, expected_score
from ringrift_engine.evaluation.sequential import ACCEPT, NOT_SHOWN, REFUSE, SequentialSettings
from ringrift_engine.evaluation.stopped import StoppedWalk

UNSEEN = 1e-3
OVERSTEP = 0.5826
BLOCK = 1_000  # runs that advance together
DRAWN_ROUNDS = 400_000  # from which the outcomes on uneven openings are taken


@dataclass(frozen=True)
class Runs:
    """What many runs of the test came to: decision, counts of outcomes and games of each."""

    decisions: np.ndarray
    counts: np.ndarray
    games: np.ndarray

    def share(self, decision):
        return float((self.decisions == decision).mean())


def outcomes(players, elo):
    """Chances of every sum of half points of a round, one candidate `elo` above its opponents, on even openings."""
    worth, left = 10 ** (elo / 400), 1.0
    game = np.zeros(2 * players - 1)
    for place in range(players):
        behind = players - 1 - place
        game[2 * behind] = left * worth / (worth + behind)
        left *= behind / (worth + behind)
    of_round = np.ones(1)
    for _ in range(players):
        of_round = np.convolve(of_round, game)
    return of_round


def outcomes_on_uneven_openings(players, elo, spread, seed=0):
    """The same by drawing, where every opening favours seats by normal numbers of `spread` Elo."""
    random = np.random.default_rng(seed)
    favour = random.normal(0, spread, size=(DRAWN_ROUNDS, players))
    points = np.zeros(DRAWN_ROUNDS, dtype=int)
    for seat in range(players):
        strength = favour.copy()
        strength[:, seat] += elo
        times = random.exponential(10 ** (-strength / 400))
        points += 2 * (times > times[:, seat : seat + 1]).sum(axis=1)
    return np.bincount(points, minlength=2 * players * (players - 1) + 1) / DRAWN_ROUNDS


def truth_of(chances):
    """Elo of the mean score: what the test is about."""
    return elo_of_score(float(chances @ np.linspace(0, 1, len(chances))))


def ratios(counts, settings):
    """Log-likelihood ratio of every run, [R], and its variance a round, [R]."""
    seen = np.maximum(counts, UNSEEN)
    shares = seen / seen.sum(axis=1, keepdims=True)
    scores = np.linspace(0, 1, counts.shape[1])
    logs = [
        np.log1p(_roots(shares, away)[:, None] * away)
        for away in (scores - expected_score(elo) for elo in (settings.elo0, settings.elo1))
    ]
    ratio = logs[0] - logs[1]
    mean = (shares * ratio).sum(axis=1)
    return (seen * ratio).sum(axis=1), (shares * ratio**2).sum(axis=1) - mean**2


def _roots(shares, away):
    """Where the mean of away / (1 + t away) is 0: Newton's steps for all runs together, halved where they leave."""
    low, high = np.full(len(shares), -1 / away[-1]), np.full(len(shares), -1 / away[0])
    found = np.zeros(len(shares))
    for _ in range(60):
        parts = away / (1 + found[:, None] * away)
        excess = (shares * parts).sum(axis=1)
        low, high = np.where(excess > 0, found, low), np.where(excess > 0, high, found)
        following = found + excess / (shares * parts**2).sum(axis=1)
        following = np.where((following > low) & (following < high), following, (low + high) / 2)
        if np.abs(following - found).max() < 1e-11:
            return following
        found = following
    return found


def simulate(chances, settings, runs, seed):
    """Run the test `runs` times on rounds with these chances of outcomes."""
    random = np.random.default_rng(seed)
    players = {5: 2, 13: 3, 25: 4}[len(chances)]
    refuse, accept = settings.bounds
    counts, decisions = np.zeros((runs, len(chances)), dtype=np.int64), np.full(runs, "", dtype="U10")
    going, rounds = np.arange(runs), 0
    while len(going):
        more = settings.next_rounds(players, rounds)
        rounds += more
        counts[going] += random.multinomial(more, chances, size=len(going))
        if rounds * players < settings.min_games:
            continue
        ratio, variance = ratios(counts[going], settings)
        inwards = OVERSTEP * np.sqrt(max(1, settings.games_a_look // players) * variance)
        undecided = NOT_SHOWN if (rounds + 1) * players > settings.max_games else ""
        found = np.where(ratio >= accept - inwards, ACCEPT, np.where(ratio <= refuse + inwards, REFUSE, undecided))
        decisions[going] = found
        going = going[found == ""]
    return Runs(decisions, counts, counts.sum(axis=1) * players)


def chances_of_more(runs, settings, truth):
    """For every run the chance of what happened, or more, at the truth: even numbers in [0, 1] if all is right."""
    score = expected_score(truth)
    return np.array([StoppedWalk(counts, settings).chance_at(score) for counts in runs.counts.tolist()])


def errors_table(runs):
    """Decisions and games of every case, as rows of a table."""
    rows = [
        "| players | openings, sd in Elo | truth | cap | accepted | refused | not shown | mean games | median | 95 % |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for players in (2, 3, 4):
        for truth in (-50, 0, 12.5, 25, 50):
            rows.append(errors_row(players, 0, truth, SequentialSettings(), runs))
        for truth in (0, 25):
            rows.append(errors_row(players, 0, truth, SequentialSettings(max_games=100_000), runs))
        rows.append(errors_row(players, 200, 0, SequentialSettings(), runs))
    return rows


def errors_row(players, spread, truth, settings, runs):
    """One case of it."""
    chances = outcomes_on_uneven_openings(players, truth, spread) if spread else outcomes(players, truth)
    found = simulate(chances, settings, runs, seed=1)
    cap = f"{settings.max_games:,}" if settings.max_games < 100_000 else "none"
    shares = " | ".join(f"{found.share(decision):.1%}" for decision in (ACCEPT, REFUSE, NOT_SHOWN))
    games = f"{found.games.mean():,.0f} | {np.median(found.games):,.0f} | {np.quantile(found.games, 0.95):,.0f}"
    return f"| {players} | {spread} | {truth:+g} | {cap} | {shares} | {games} |"


def intervals_table(runs):
    """How often intervals cover and estimates are too high, as rows of a table."""
    rows = [
        "| players | truth | interval covers | below | above | estimate too high | Elo of the score too high |",
        "|---|---|---|---|---|---|---|",
    ]
    cases = [(players, truth) for players in (2, 3, 4) for truth in (-50, 0, 12.5, 25, 50, 100)]
    return rows + [intervals_row(players, truth, runs) for players, truth in cases]


def intervals_row(players, truth, runs):
    """One case of it, a block of runs after the other."""
    settings, blocks = SequentialSettings(), []
    for block in range(-(-runs // BLOCK)):
        found = simulate(outcomes(players, truth), settings, BLOCK, seed=[players, block])
        scores = found.counts @ np.linspace(0, 1, found.counts.shape[1]) / found.counts.sum(axis=1)
        chance = chances_of_more(found, settings, truth)
        ends = (chance > 0.025) & (chance < 0.975), chance <= 0.025, chance >= 0.975
        blocks.append([*ends, chance < 0.5, scores > expected_score(truth)])
    shown = " | ".join(f"{share:.1%}" for share in np.mean(blocks, axis=(0, 2)))
    return f"| {players} | {truth:+g} | {shown} |"


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--runs", type=int, default=10_000, help="Runs of each case of the first table.")
    options.add_argument("--intervals", type=int, default=2_000, help="Runs of each case of the second.")
    given = options.parse_args()
    print("\n".join([*errors_table(given.runs), "", *intervals_table(given.intervals)]))


if __name__ == "__main__":
    main()
