"""What networks see and answer: planes and numbers of a position, an index for every move, the symmetries of both.

position_planes   names and scales of the input planes and of the global numbers
action_planes     the one table of the policy's layout
kernels           the compiled loops: positions to planes, moves to pairs of indices
symmetries        which maps of a board keep the game, and what they do to cells, directions and policy indices
encoding          `Encoding`, which joins the above for one configuration
page              writes docs/encoding.md from the tables
"""

from ringrift_engine.encoding.encoding import ENCODER_VERSION, Encoding

__all__ = ["ENCODER_VERSION", "Encoding"]
