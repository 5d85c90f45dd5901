"""Gumbel search over many games at once.

Where to look:

    search       `GumbelSearch`: plants a tree for each decision, grows all of them in step, reports moves and policies
    settings     the budget and the constants
    evaluators   what a search asks about positions, and the evaluators that need no network
    gumbel       the formulas of the paper: schedule, completed values, improved policy, what is visited next
    tree         the arrays that trees live in
    select       compiled: from each root to the edge that its next simulation follows
    expand       compiled: the position behind that edge, forced moves played, its choices
    backup       compiled: an evaluation into its node and all nodes above it
    report       compiled: what a finished root has to say
    playouts     compiled: random games to the end
    guards       the errors that compiled loops cannot raise themselves
"""

from ringrift_engine.search.search import GumbelSearch, SearchResult
from ringrift_engine.search.settings import NO_CAP, PlayoutCap, SearchSettings

__all__ = ["NO_CAP", "GumbelSearch", "PlayoutCap", "SearchResult", "SearchSettings"]
