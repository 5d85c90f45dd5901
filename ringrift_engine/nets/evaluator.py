"""The network as an evaluator: games in, logits of their legal moves and win probabilities of their seats out.

Glue between encoding and `inference`. The network is one in memory, or comes from a checkpoint whose hash then names
the model that speaks.
"""

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ringrift_engine.batch import LegalMoves
from ringrift_engine.boards import BoardConfig
from ringrift_engine.devices import CPU
from ringrift_engine.encoding import Encoding
from ringrift_engine.nets.checkpoint import build_network, load_checkpoint
from ringrift_engine.nets.inference import ChunkedForward, gather_logits, to_absolute_seats
from ringrift_engine.nets.network import BoardNetwork
from ringrift_engine.nets.precision import AUTO, resolve_precision
from ringrift_engine.search.evaluators import Evaluation

DEFAULT_BATCH_SIZE: Final = 64
"""Positions a chunk: small, so that the leaves of a hundred games keep two threads busy; larger ones are no faster."""


class FrozenNetworkEvaluator:
    """Evaluates positions of one configuration with one network in memory."""

    def __init__(
        self,
        network: BoardNetwork,
        config: BoardConfig,
        *,
        threads: int = 1,
        batch_size: int = DEFAULT_BATCH_SIZE,
        precision: str = AUTO,
        device: str = CPU,
    ) -> None:
        """Freeze `network` for play: whoever trains it further gives a copy.

        `threads` evaluate chunks of at most `batch_size` positions; results do not depend on their number. On the
        resolved device CUDA the network is there and everything else on the host. ConfigError for an impossible
        setting.
        """
        self._encoding = Encoding(config)
        self.precision: str = resolve_precision(precision, device)
        self._forward = ChunkedForward(network, self.precision, threads, batch_size, device)

    def evaluate(self, games: NDArray[np.void], legal: LegalMoves) -> Evaluation:
        """Games [R], none over, and their legal moves [M] -> logits float32 [M], values float32 [R, n] per absolute
        seat.
        """
        planes, scalars = self._encoding.encode(games)
        policy, relative = self._forward(planes, scalars)
        logits = gather_logits(policy, self._encoding.factors(games, legal), legal.offsets)
        return Evaluation(logits=logits, values=to_absolute_seats(relative, games["player"]))


class NetworkEvaluator(FrozenNetworkEvaluator):
    """Evaluates positions of one configuration with one checkpoint."""

    def __init__(
        self,
        path: Path,
        config: BoardConfig,
        *,
        threads: int = 1,
        batch_size: int = DEFAULT_BATCH_SIZE,
        precision: str = AUTO,
        device: str = CPU,
    ) -> None:
        """Load the checkpoint at `path`; DataError for one that does not fit, otherwise as for a network in memory."""
        checkpoint = load_checkpoint(path, config)
        self.sha256: str = checkpoint.sha256
        network = build_network(checkpoint, Encoding(config))
        super().__init__(network, config, threads=threads, batch_size=batch_size, precision=precision, device=device)
