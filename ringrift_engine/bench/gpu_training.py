"""Training steps of a network on a CUDA device: forward pass, loss, backward pass, AdamW; the batch is there."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Final

import torch
from torch import Tensor

from ringrift_engine.bench.bench import Bench
from ringrift_engine.bench.gpu_search import NETWORK
from ringrift_engine.bench.networks import forward_flops
from ringrift_engine.bench.rows import Row, not_measured
from ringrift_engine.bench.timing import measure, rate_row
from ringrift_engine.boards import BoardConfig
from ringrift_engine.devices import CUDA
from ringrift_engine.encoding import Encoding
from ringrift_engine.nets.network import SCORES, BoardNetwork
from ringrift_engine.training.loss import Targets, losses, total
from ringrift_engine.training.sample_kernel import NOT_A_CELL
from ringrift_engine.training.settings import training_settings

_BATCH: Final = 4_096
_CHOICES: Final = 64  # legal moves a position
_STEPS: Final = 20  # a repeat
_BACKWARD: Final = 2  # a backward pass costs two forward ones


def training(bench: Bench, config: BoardConfig, missing: str, matmul_rate: Callable[[], float]) -> Iterable[Row]:
    """Steps on one made-up batch: what is in it does not change what they cost."""
    if missing:
        yield not_measured("gpu.training", missing, config.key, CUDA)
        return
    encoding, settings = Encoding(config), training_settings(config)
    network = BoardNetwork(NETWORK, encoding)
    flops = (1 + _BACKWARD) * forward_flops(network, encoding)
    network.to(CUDA).set_precision(torch.bfloat16)
    parameters = list(network.parameters())
    optimiser = torch.optim.AdamW(parameters, lr=settings.learning_rate, fused=True)
    planes, scalars, targets = made_up_batch(config, encoding, _BATCH, CUDA)

    def steps() -> float:
        for _ in range(_STEPS):
            optimiser.zero_grad()
            loss = total(losses(network(planes, scalars), targets), targets.weights, settings)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(parameters, settings.gradient_clip)
            optimiser.step()
        torch.cuda.synchronize()
        return _STEPS * _BATCH

    found = measure(steps, replace(bench.scope.effort, seconds=0.0))
    details = {"network": f"{NETWORK.blocks}x{NETWORK.channels}", "batch": _BATCH, "flops_a_sample": flops}
    yield rate_row("gpu.training", config, found, device=CUDA, limit=matmul_rate() / flops, details=details)


def made_up_batch(config: BoardConfig, encoding: Encoding, rows: int, device: str) -> tuple[Tensor, Tensor, Targets]:
    """Planes int8 [R, C, W, W], globals float32 [R, G] and targets of R rows, all of valid shapes and ranges."""
    seats, width = config.num_players, config.size
    playable = torch.from_numpy(encoding.playable.copy())
    owners = torch.randint(0, seats + 1, (rows, width, width)).masked_fill(~playable, NOT_A_CELL)
    targets = {
        "factors": torch.randint(0, encoding.policy_size, (rows, _CHOICES, 2)),
        "legal": torch.ones(rows, _CHOICES, dtype=torch.bool),
        "policy": torch.full((rows, _CHOICES), 1 / _CHOICES),
        "winner": torch.eye(seats)[torch.randint(0, seats, (rows,))],
        "search_value": torch.full((rows, seats), 1 / seats),
        "owners": owners,
        "scores": torch.rand(rows, seats, SCORES),
        "length": 5 * torch.rand(rows),
        "next_move": torch.randint(0, encoding.policy_size - 1, (rows,)),
        "weights": torch.ones(rows),
    }
    planes = torch.randint(0, 2, (rows, encoding.planes, width, width), dtype=torch.int8)
    there = {name: tensor.to(device) for name, tensor in targets.items()}
    return planes.to(device), torch.rand(rows, encoding.globals).to(device), Targets(**there)
