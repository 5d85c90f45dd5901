"""Networks with random weights, and the floating-point operations that one position costs in them."""

from collections.abc import Callable
from pathlib import Path

import torch
from torch.utils.flop_counter import FlopCounterMode

from ringrift_engine.boards import BoardConfig
from ringrift_engine.encoding import ENCODER_VERSION, Encoding
from ringrift_engine.nets.checkpoint import CheckpointHeader, save_checkpoint
from ringrift_engine.nets.network import BoardNetwork
from ringrift_engine.nets.settings import NetworkSettings


def flops_of(work: Callable[[], object]) -> float:
    """Floating-point operations of convolutions and matrix products in one call, counted by torch."""
    with FlopCounterMode(display=False) as counter:
        work()
    return float(counter.get_total_flops())


def forward_flops(network: BoardNetwork, encoding: Encoding) -> float:
    """Operations of one position's way through policy and value."""
    planes = torch.zeros(1, encoding.planes, encoding.config.size, encoding.config.size, dtype=torch.int8)
    scalars = torch.zeros(1, encoding.globals)

    def work() -> None:
        with torch.no_grad():
            network.policy_and_value(planes, scalars)

    return flops_of(work)


def save_random_network(config: BoardConfig, sizes: NetworkSettings, path: Path) -> None:
    """A checkpoint of a network that was never trained."""
    network = BoardNetwork(sizes, Encoding(config))
    header = CheckpointHeader(config_key=config.key, settings=sizes, encoder_version=ENCODER_VERSION)
    save_checkpoint(path, header, network.state_dict())
