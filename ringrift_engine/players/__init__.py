"""Players: random, heuristic, bootstrap, policy, search, UCT. One interface, `choose`; one factory, `make_player`.

Where to look:

    interface                           Player and Decisions
    factory                             PlayerSpec, its text form, make_player
    sampling                            drawing moves
    models                              models by name: the promoted one, earlier ones
    random, heuristic, policy, search   the players
    teacher                             Gumbel searches that need no network
    uct, uct_kernel                     UCT with random playouts
    heuristic_*                         the hand-written evaluation: weights, one scan, three families of terms

The players are imported by `make_player`, so that naming one costs neither torch nor numba.
"""

from ringrift_engine.players.factory import PlayerSpec, make_player
from ringrift_engine.players.interface import Decisions, Player

__all__ = ["Decisions", "Player", "PlayerSpec", "make_player"]
