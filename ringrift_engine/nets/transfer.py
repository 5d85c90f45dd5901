"""Transfer: the network of one configuration begins with the weights of another one's, of the same family of boards.

The network is fully convolutional, so everything between inputs and outputs is copied as it is. Inputs and outputs are
matched by name, and a relative seat that the other configuration does not have takes what its last seat has: opponents
2 and 3 begin as opponent 1. Inputs that it does not know get zeros, other outputs the first weights of a new network.
The idea is KataGo's (Wu, "Accelerating self-play learning in Go", 2019): one network learns rules on small boards.

The stem's weights are standardised: w -> g (w - mean) / sqrt(sum (w - mean)^2 + e), over all inputs and taps of an
output. More inputs change mean and norm. So that every matched input keeps its effective weight,

* the centred weights c of the old network are what is copied. They sum to zero over the old inputs; over the new ones
  they do once the copies for seats that are new give up their mean. Only those change, and as long as such a seat has
  nothing on the board, they meet zeros. With fewer players there are no copies, and all matched inputs give up the
  mean: then effective weights are kept but for that constant.
* g' = g sqrt((sum c'^2 + e) / (sum c^2 + e)).

A logit that several seats share is lowered by the logarithm of their number: their chances together are what the one
opponent's was, and the chance of the player to move stays what it was.
"""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import torch
from torch import Tensor

from ringrift_engine.boards import BoardConfig
from ringrift_engine.encoding import Encoding
from ringrift_engine.encoding.action_planes import output_names
from ringrift_engine.errors import DataError
from ringrift_engine.nets.checkpoint import Checkpoint, build_network
from ringrift_engine.nets.layers import EPSILON, StandardisedConvolution
from ringrift_engine.nets.network import SCORES, BoardNetwork

_NOTHING: Final = -1  # the source of an input or output that the other network does not have


def _seats(config: BoardConfig) -> tuple[str, ...]:
    return tuple(f"seat_{seat}" for seat in range(config.num_players))


def _owners(config: BoardConfig) -> tuple[str, ...]:
    return (*_seats(config), "nobody")


def _outcomes(config: BoardConfig) -> tuple[str, ...]:
    scores = [f"score_{score}_{seat}" for seat in range(config.num_players) for score in range(SCORES)]
    return (*scores, "length")


_OUTPUTS: Final[Mapping[str, Callable[[BoardConfig], tuple[str, ...]]]] = MappingProxyType(
    {"policy": output_names, "next_move": output_names, "value": _seats, "outcome": _outcomes, "ownership": _owners}
)
"""Last layer -> names of its outputs in their order."""
_SHARING: Final = frozenset({"value", "ownership"})
"""Last layers whose outputs are logits of one softmax over seats."""


@dataclass(frozen=True)
class Transferred:
    """A network that begins with another one's weights, and the share of its own weights that they are."""

    network: BoardNetwork
    share: float


def transfer(checkpoint: Checkpoint, encoding: Encoding, seed: int = 0) -> Transferred:
    """The network of `encoding`'s configuration, as large as the checkpoint's, with the weights of the checkpoint.

    `seed` draws the weights of outputs that it does not have. DataError if it is of another family of boards.
    """
    old_config = BoardConfig.from_key(checkpoint.header.config_key)
    _require_family(checkpoint, old_config, encoding.config)
    old_encoding = Encoding(old_config)
    old = build_network(checkpoint, old_encoding)
    new = BoardNetwork(checkpoint.header.settings, encoding, seed=seed)
    planes = sources_of(encoding.plane_names, old_encoding.plane_names, old_config.num_players)
    numbers = sources_of(encoding.global_names, old_encoding.global_names, old_config.num_players)
    theirs, copied = old.state_dict(), 0
    with torch.no_grad():
        copied += _copy_stem(old.stem, new.stem, planes, _borrowed(encoding.plane_names, old_encoding.plane_names))
        new.from_globals.weight.copy_(_picked(theirs["from_globals.weight"], numbers, dim=1))
        copied += len(new.from_globals.weight) * _found(numbers)
        for name, weight in new.named_parameters():
            layer = name.split(".")[0]
            if layer in _OUTPUTS:
                names = _OUTPUTS[layer]
                outputs = sources_of(names(encoding.config), names(old_config), old_config.num_players)
                copied += _copy_outputs(weight, theirs[name], outputs, layer in _SHARING and name.endswith("bias"))
            elif layer not in ("stem", "from_globals"):
                weight.copy_(theirs[name])
                copied += weight.numel()
    return Transferred(new, copied / sum(weight.numel() for weight in new.parameters()))


def sources_of(names: Sequence[str], known: Sequence[str], seats: int) -> list[int]:
    """For each of `names` the number of its source among `known`, the names of a configuration with so many seats; -1
    if it has none. A name that ends in a seat, such as `cap_3`, that is not known has that of the last seat.
    """
    places = {name: number for number, name in enumerate(known)}
    return [places.get(name, places.get(_of_last_seat(name, seats), _NOTHING)) for name in names]


def _of_last_seat(name: str, seats: int) -> str:
    """The name of the same for the last of so many seats; the name itself if it is about no later seat."""
    meaning, _, seat = name.rpartition("_")
    return f"{meaning}_{seats - 1}" if seat.isdigit() and int(seat) >= seats else name


def _borrowed(names: Sequence[str], known: Sequence[str]) -> Tensor:
    """Bool [inputs]: inputs that are not known under their own name."""
    return torch.tensor([name not in known for name in names])


def _require_family(checkpoint: Checkpoint, old: BoardConfig, new: BoardConfig) -> None:
    if old.board not in new.family:
        raise DataError(
            f"checkpoint {checkpoint.sha256[:12]} is of {old.key}, and {new.key} cannot begin with its weights: the "
            f"boards have other directions. Name one of {' or '.join(new.family)}, or train from scratch."
        )


def _copy_stem(old: StandardisedConvolution, new: StandardisedConvolution, sources: list[int], borrowed: Tensor) -> int:
    """Give `new` the effective weights of `old`; how many weights were taken over."""
    taps = old.taps.double()
    centred = old.centred_weight().double() * old.input_scale
    known = torch.tensor(sources) != _NOTHING
    wanted = _picked(centred, sources, dim=1) / new.input_scale
    giving = known & borrowed if bool((known & borrowed).any()) else known
    mean = wanted.sum((1, 2, 3), keepdim=True) / (giving.sum() * taps.sum())
    wanted = wanted - mean * taps * giving[None, :, None, None]
    ratio = (_squares(wanted) + EPSILON) / (_squares(old.centred_weight().double()) + EPSILON)
    new.weight.copy_(wanted)
    new.gain.copy_(old.gain * ratio.sqrt())
    new.bias.copy_(old.bias)
    return new.gain.numel() + new.bias.numel() + new.weight[:, 0].numel() * _found(sources)


def _squares(weight: Tensor) -> Tensor:
    return weight.square().sum((1, 2, 3), keepdim=True)


def _copy_outputs(weight: Tensor, theirs: Tensor, sources: list[int], shared: bool) -> int:
    """Give the outputs that have a source its weights; how many were taken over."""
    copies = Counter(sources)
    for output, source in enumerate(sources):
        if source != _NOTHING:
            weight[output] = theirs[source] - (math.log(copies[source]) if shared else 0.0)
    return weight[0].numel() * _found(sources)


def _picked(weight: Tensor, sources: list[int], dim: int) -> Tensor:
    """The parts of `weight` along `dim` that `sources` name, zeros where there is none."""
    numbers = torch.tensor(sources)
    picked = weight.index_select(dim, numbers.clamp(min=0))
    shape = [1] * weight.dim()
    shape[dim] = len(sources)
    return picked * (numbers != _NOTHING).reshape(shape)


def _found(sources: list[int]) -> int:
    return sum(source != _NOTHING for source in sources)
