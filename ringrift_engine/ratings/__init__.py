"""Ratings: how strong everybody is, fitted again from the match log whenever somebody asks.

results  the games of one pool as arrays
anchors  the one participant whose rating is a definition
orders   the probability of a finishing order and its derivatives
virtual  the virtual games that hold what the real ones leave without a bound
problem  what is maximised
fit      maximum likelihood by Newton's method
ratings  what a fit came to: ratings, covariance, intervals
pairs    games of every two against what the ratings foretell
cycles   who beats whom in a circle
report   all of it about one pool, as people and programs are told it
"""

from ringrift_engine.ratings.anchors import anchors_of
from ringrift_engine.ratings.cycles import Cycle, strongest_cycle
from ringrift_engine.ratings.fit import fit_ratings
from ringrift_engine.ratings.pairs import Pairs, compare_pairs
from ringrift_engine.ratings.ratings import Difference, Ratings
from ringrift_engine.ratings.report import PoolReport, report_of
from ringrift_engine.ratings.results import Results, read_results, results_of

__all__ = [
    "Cycle",
    "Difference",
    "Pairs",
    "PoolReport",
    "Ratings",
    "Results",
    "anchors_of",
    "compare_pairs",
    "fit_ratings",
    "read_results",
    "report_of",
    "results_of",
    "strongest_cycle",
]
