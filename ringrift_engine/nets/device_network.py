"""A network on a GPU as the judge of a search there: positions in, policies and probabilities out, nothing crosses to
the host.

What the network does with a batch of a size is recorded once and then replayed (a CUDA graph): one call of the driver
instead of a hundred. Planes lie as the convolutions want them, all numbers of a cell side by side. Importing this file
needs the `gpu` extra and a torch that is built for CUDA.
"""

from pathlib import Path
from typing import Any, Final

import torch

from ringrift_engine.boards import BoardConfig
from ringrift_engine.devices import CUDA
from ringrift_engine.encoding import Encoding
from ringrift_engine.nets.checkpoint import build_network, load_checkpoint
from ringrift_engine.nets.network import BoardNetwork
from ringrift_engine.nets.precision import AUTO, resolve_precision, torch_dtype
from ringrift_engine.rules.device import share_with_kernels

_SMALLEST_BATCH: Final = 64
_WARM_UPS: Final = 3  # passes before one is recorded: libraries choose and allocate in the first ones


class DeviceNetwork:
    """`DeviceJudge` with one network in memory, frozen, in bf16 where the GPU computes with it: whoever trains it
    further gives a copy.
    """

    def __init__(self, network: BoardNetwork, config: BoardConfig) -> None:
        self._config = config
        self._encoding = Encoding(config)
        self._network = network.to(CUDA)  # before it is frozen: frozen weights stay where they are
        self._network.freeze(torch_dtype(resolve_precision(AUTO, CUDA)))
        self._rows = 0
        self._graphs: dict[int, torch.cuda.CUDAGraph] = {}
        self.planes: Any = None
        self.numbers: Any = None
        self.policy: Any = None
        self.values: Any = None

    def reserve(self, rows: int) -> None:
        """See `DeviceJudge.reserve`."""
        if rows <= self._rows:
            return
        self._rows = batch_size(rows)
        self._graphs.clear()  # they hold the addresses of the old arrays
        width, encoding = self._config.size, self._encoding
        cells = torch.zeros(self._rows, width * width, encoding.planes, dtype=torch.int8, device=CUDA)
        self._planes = cells.view(self._rows, width, width, encoding.planes).permute(0, 3, 1, 2)
        self._numbers = torch.zeros(self._rows, encoding.globals, device=CUDA)
        self._policy = torch.zeros(self._rows, encoding.policy_size, device=CUDA)
        self._values = torch.zeros(self._rows, self._config.num_players, device=CUDA)
        self.planes = share_with_kernels(cells.permute(0, 2, 1))
        self.numbers = share_with_kernels(self._numbers)
        self.policy = share_with_kernels(self._policy)
        self.values = share_with_kernels(self._values)

    def judge(self, rows: int) -> None:
        """See `DeviceJudge.judge`; rows up to the next size of a batch are computed and mean nothing."""
        size = batch_size(rows)
        if size not in self._graphs:
            self._graphs[size] = self._record(size)
        self._graphs[size].replay()

    def _record(self, size: int) -> torch.cuda.CUDAGraph:
        """The passes of the first `size` rows."""
        aside = torch.cuda.Stream()
        aside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(aside):
            for _ in range(_WARM_UPS):
                self._pass(size)
        torch.cuda.current_stream().wait_stream(aside)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            self._pass(size)
        return graph

    def _pass(self, size: int) -> None:
        with torch.inference_mode():
            found = self._network.policy_and_value(self._planes[:size], self._numbers[:size])
            self._policy[:size].copy_(found.policy)
            self._values[:size].copy_(found.value.softmax(dim=1))


def load_device_network(path: Path, config: BoardConfig) -> tuple[DeviceNetwork, str]:
    """The network of the checkpoint at `path`, and its content hash; DataError for one that does not fit."""
    checkpoint = load_checkpoint(path, config)
    return DeviceNetwork(build_network(checkpoint, Encoding(config)), config), checkpoint.sha256


def batch_size(rows: int) -> int:
    """The next power of two, or three quarters of it: at most a third of a batch is computed for nothing."""
    size = _SMALLEST_BATCH
    while size < rows:
        size *= 2
    return size * 3 // 4 if size > _SMALLEST_BATCH and size * 3 // 4 >= rows else size
