"""The network: one fully convolutional class for all boards and numbers of players.

Policy logits come from the cells (1x1 convolution to the encoding's planes), never from one pooled vector; moves that
name no cell get the board's mean of extra planes. The value is one logit per seat, relative to the player to move:
seat r is the r-th to move from now. What only training looks at (final owner of every cell, final scores, remaining
plies, the move that follows this one) shares the trunk.

Trunk and 1x1 heads compute in the precision of `set_precision`, pooled features always in float32.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from ringrift_engine.encoding import Encoding
from ringrift_engine.nets.layers import (
    BoardMask,
    PointConvolution,
    ResidualBlock,
    StandardisedConvolution,
    convolution_taps,
)
from ringrift_engine.nets.settings import NetworkSettings

SCORES = 2
"""Final scores per seat: credited rings / ring threshold, territory / territory minimum."""

_SMALL_START = 0.1  # last layers start near zero: first guesses near uniform


@dataclass(frozen=True)
class PolicyAndValue:
    """What play needs. R positions, n seats."""

    policy: Tensor
    """float32 [R, policy_size]; the last column is 0."""
    value: Tensor
    """float32 [R, n]: logits of the relative seats to win."""


@dataclass(frozen=True)
class Predictions(PolicyAndValue):
    """All that training compares with what happened."""

    ownership: Tensor
    """float32 [R, n + 1, W, W]: logits of the cell's final owner, relative seats, then nobody; arbitrary off the board.
    """
    scores: Tensor
    """float32 [R, n, 2]: final scores of the relative seats, see SCORES."""
    length: Tensor
    """float32 [R]: log(1 + plies to the end)."""
    next_move: Tensor
    """float32 [R, policy_size - 1]: logits of the first policy index of the game's next decision."""


class BoardNetwork(nn.Module):
    """Predicts policy, winner and the auxiliary targets from encoded positions of one configuration."""

    def __init__(self, settings: NetworkSettings, encoding: Encoding, seed: int = 0) -> None:
        """Random weights, drawn from `seed` alone."""
        super().__init__()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self._build(settings, encoding)
        self._policy_planes = encoding.policy_planes
        self._seats = encoding.config.num_players
        self._dtype = torch.float32

    def _build(self, settings: NetworkSettings, encoding: Encoding) -> None:
        channels, seats = settings.channels, encoding.config.num_players
        taps = convolution_taps(encoding.config.is_hex)
        self.mask = BoardMask(torch.from_numpy(encoding.playable.copy()))
        scale = torch.from_numpy(encoding.plane_scale.copy())
        self.stem = StandardisedConvolution(encoding.planes, channels, taps, scale=scale)
        self.from_globals = nn.Linear(encoding.globals, channels, bias=False)
        self.blocks = nn.ModuleList(
            ResidualBlock(settings, taps, self.mask, pooled=settings.is_pooled(number))
            for number in range(settings.blocks)
        )
        self.policy = PointConvolution(channels, encoding.policy_planes + encoding.specials)
        self.features = PointConvolution(channels, settings.head_channels)
        self.hidden = nn.Linear(2 * settings.head_channels, settings.hidden)
        self.value = nn.Linear(settings.hidden, seats)
        self.outcome = nn.Linear(settings.hidden, seats * SCORES + 1)
        self.ownership = PointConvolution(channels, seats + 1)
        self.next_move = PointConvolution(channels, encoding.policy_planes + encoding.specials)
        with torch.no_grad():
            for last in (self.policy, self.value, self.outcome, self.ownership, self.next_move):
                last.weight.mul_(_SMALL_START)

    def set_precision(self, dtype: torch.dtype) -> None:
        """Compute trunk and 1x1 heads in `dtype`; parameters stay float32."""
        self._dtype = dtype

    def freeze(self, dtype: torch.dtype) -> None:
        """Make it ready for play: standardise the weights once and keep them in `dtype`. Training ends here."""
        self.requires_grad_(False).eval()
        self.set_precision(dtype)
        for module in self.modules():
            if isinstance(module, StandardisedConvolution):
                module.freeze(dtype)
            elif isinstance(module, PointConvolution):
                module.to(dtype)

    def forward(self, planes: Tensor, scalars: Tensor) -> Predictions:
        """Planes int8 [R, C, W, W] and globals float32 [R, G] -> everything it predicts."""
        trunk = self._trunk(planes, scalars)
        hidden = self._hidden(trunk)
        outcome = self.outcome(hidden)
        return Predictions(
            policy=self._policy(trunk),
            value=self.value(hidden),
            ownership=self.ownership(trunk).float(),
            scores=outcome[:, :-1].reshape(-1, self._seats, SCORES),
            length=outcome[:, -1],
            next_move=self._by_index(self.next_move(trunk)),
        )

    def policy_and_value(self, planes: Tensor, scalars: Tensor) -> PolicyAndValue:
        """The part of `forward` that play needs, equal to it."""
        trunk = self._trunk(planes, scalars)
        return PolicyAndValue(policy=self._policy(trunk), value=self.value(self._hidden(trunk)))

    def _trunk(self, planes: Tensor, scalars: Tensor) -> Tensor:
        x = planes.to(self._dtype).contiguous(memory_format=torch.channels_last)
        x = self.stem(x) + self.from_globals(scalars).to(self._dtype)[:, :, None, None]
        x = self.mask(functional.relu(x))
        for block in self.blocks:
            x = block(x)
        return x

    def _hidden(self, trunk: Tensor) -> Tensor:
        features = self.mask(functional.relu(self.features(trunk)))
        return functional.relu(self.hidden(self.mask.mean_and_max(features)))

    def _policy(self, trunk: Tensor) -> Tensor:
        return self._by_index(self.policy(trunk), trunk.new_zeros(len(trunk), 1, dtype=torch.float32))

    def _by_index(self, planes: Tensor, *more: Tensor) -> Tensor:
        """Planes and specials of a head, then `more` columns, as float32 [R, entries] in the policy's order."""
        # Reordered from channels_last before they are widened: half the bytes to move.
        cells = planes[:, : self._policy_planes].contiguous().float().flatten(1)
        specials = self.mask.mean(self.mask(planes[:, self._policy_planes :]))
        return torch.cat([cells, specials, *more], dim=1)


def load_weights(network: BoardNetwork, weights: Mapping[str, Tensor]) -> None:
    """Copy named float32 weights, exactly those of the network, into it; RuntimeError (torch's) if names or shapes
    differ.
    """
    network.load_state_dict(dict(weights), strict=True)
