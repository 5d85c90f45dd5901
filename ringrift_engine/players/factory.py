"""Players by name: what a command line, a setting or a game record says, and the player that it means.

    random                              every choice alike
    heuristic[:PROFILE]                 best score, profiles of `heuristic_weights`
    bootstrap[:PROFILE[:TEMPERATURE]]   drawn by score; teaches a first network
    policy:MODEL[:TEMPERATURE]          a network without search
    search:MODEL[:SIMULATIONS[:NOISE]]  Gumbel search with a network
    teacher[:SIMULATIONS[:ROLLOUTS]]    Gumbel search with the heuristic as policy and random games as value
    rollout[:SIMULATIONS[:ROLLOUTS]]    Gumbel search with random games alone
    uct[:PLAYOUTS[:EXPLORATION]]        UCT with random games alone, any number of them

NOISE is the scale of the Gumbel noise at the root: 1 where games are played to be learnt from, 0 where they count
(`in_earnest`). MODEL is the path of a checkpoint, or the name of a model that the platform knows (`models`); one that
cannot be loaded is an error, no other player ever takes its place.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from ringrift_engine.errors import ConfigError, refuse_unknown, unknown_name

if TYPE_CHECKING:
    from ringrift_engine.boards import BoardConfig
    from ringrift_engine.players.interface import Player
    from ringrift_engine.search.evaluators import Evaluator
    from ringrift_engine.search.settings import PlayoutCap

# kind -> its options, in the order of the text form; those in _REQUIRED must be given.
KINDS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "random": (),
        "heuristic": ("profile",),
        "bootstrap": ("profile", "temperature"),
        "policy": ("model", "temperature"),
        "search": ("model", "simulations", "noise"),
        "teacher": ("simulations", "rollouts"),
        "rollout": ("simulations", "rollouts"),
        "uct": ("playouts", "exploration"),
    }
)
_REQUIRED: Final = frozenset({"model"})
_READERS: Final[Mapping[str, Callable[[str], Any]]] = MappingProxyType(
    {
        "profile": str,
        "temperature": float,
        "model": Path,
        "simulations": int,
        "rollouts": int,
        "noise": float,
        "playouts": int,
        "exploration": float,
    }
)
_SHOWN_DIGITS: Final = 12  # of a model's hash, in a player's name


@dataclass(frozen=True)
class PlayerSpec:
    """Which player is meant; an option left None takes the player's own default.

    ConfigError for an unknown kind, for an option that the kind does not have, and for a missing model.
    """

    kind: str
    model: Path | None = None
    simulations: int | None = None
    profile: str | None = None
    temperature: float | None = None
    rollouts: int | None = None
    noise: float | None = None
    playouts: int | None = None
    exploration: float | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise unknown_name("player kind", self.kind, KINDS)
        allowed = KINDS[self.kind]
        for field in fields(self):
            given = getattr(self, field.name) is not None
            if given and field.name not in ("kind", *allowed):
                own = f"its options: {', '.join(allowed)}" if allowed else "it has no options"
                raise ConfigError(f"A {self.kind!r} player has no option {field.name!r}; {own}.")
            if not given and field.name in allowed and field.name in _REQUIRED:
                raise ConfigError(f"A {self.kind!r} player needs a {field.name}: write {usage(self.kind)}.")
        for name in ("simulations", "rollouts", "playouts"):
            if (count := getattr(self, name)) is not None and count < 1:
                raise ConfigError(f"A {self.kind!r} player needs 1 or more {name}, not {count}.")

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any], source: str) -> "PlayerSpec":
        """A specification from a settings table; `source` names the table in errors, unknown keys are ConfigErrors."""
        refuse_unknown("player option", values, [field.name for field in fields(cls)], source)
        if "kind" not in values:
            raise ConfigError(f"{source}: a player needs a kind: {', '.join(KINDS)}.")
        model = values.get("model")
        return cls(**{**values, "model": None if model is None else Path(model)})

    def __str__(self) -> str:
        """The text form, which `parse_player` reads back."""
        parts = [
            self.kind,
            *("" if (value := getattr(self, name)) is None else str(value) for name in KINDS[self.kind]),
        ]
        return ":".join(parts).rstrip(":")


def usage(kind: str) -> str:
    """The text form of a kind, such as `search:MODEL[:SIMULATIONS]`."""
    text, closing = kind, ""
    for option in KINDS[kind]:
        if option in _REQUIRED:
            text += f":{option.upper()}"
        else:
            text += f"[:{option.upper()}"
            closing += "]"
    return text + closing


def parse_player(text: str) -> PlayerSpec:
    """A specification from its text form; options are separated by colons, an empty one means the default.

    ConfigError says what cannot be read and how the kind is written.
    """
    kind, *values = text.split(":")
    spec_options = KINDS.get(kind)
    if spec_options is None:
        return PlayerSpec(kind)  # raises, naming the nearest kind
    if len(values) > len(spec_options):
        raise ConfigError(f"Too many options in player {text!r}: write {usage(kind)}.")
    options: dict[str, Any] = {}
    for name, value in zip(spec_options, values, strict=False):
        if value:
            options[name] = _read_option(text, kind, name, value)
    return PlayerSpec(kind, **options)


def _read_option(text: str, kind: str, name: str, value: str) -> Any:
    try:
        return _READERS[name](value)
    except ValueError as error:
        raise ConfigError(f"Player {text!r}: {name} {value!r} is not a number. Write {usage(kind)}.") from error


def in_earnest(spec: PlayerSpec) -> PlayerSpec:
    """The same player in a game that counts: without the noise that learning needs, unless a noise was asked for."""
    return replace(spec, noise=0.0) if "noise" in KINDS[spec.kind] and spec.noise is None else spec


def budget_of(spec: PlayerSpec) -> int:
    """Simulations or playouts that the player spends on a decision; 0 for one that does not search."""
    if spec.kind == "uct":
        from ringrift_engine.players.uct import PLAYOUTS

        return spec.playouts or PLAYOUTS
    if "simulations" in KINDS[spec.kind]:
        from ringrift_engine.search.settings import SearchSettings

        return spec.simulations or SearchSettings().simulations
    return 0


def make_player(
    spec: PlayerSpec,
    config: "BoardConfig",
    threads: int = 1,
    device: str = "cpu",
    cap: "PlayoutCap | None" = None,
) -> "Player":
    """The player that `spec` means, for games of `config`, working with `threads` threads.

    `device` is "cpu", "cuda" or "auto" (`nets.device`): where its network is, and the search with it.
    Players without a network have nothing to do there.
    `cap` is for Gumbel searches whose games are learnt from, None for one budget; other players have nothing to do
    with it.
    ConfigError for an impossible option or device; DataError if the model is missing, damaged or made for something
    else.
    """
    from ringrift_engine.nets.device import resolve_search_device

    device = resolve_search_device(device)
    options = {name: value for name in KINDS[spec.kind] if (value := getattr(spec, name)) is not None}
    if cap is not None and "simulations" in KINDS[spec.kind]:
        options["cap"] = cap
    if spec.kind == "random":
        from ringrift_engine.players.random import RandomPlayer

        return RandomPlayer()
    if spec.kind in ("heuristic", "bootstrap"):
        from ringrift_engine.players.heuristic import BootstrapPlayer, HeuristicPlayer

        make = HeuristicPlayer if spec.kind == "heuristic" else BootstrapPlayer
        return make(config, threads=threads, **options)
    if spec.kind in ("teacher", "rollout"):
        from ringrift_engine.players.teacher import rollout_player, teacher_player

        return (teacher_player if spec.kind == "teacher" else rollout_player)(config, threads, **options)
    if spec.kind == "uct":
        from ringrift_engine.players.uct import UctPlayer, UctSettings

        return UctPlayer(config, UctSettings(**options), threads)
    if spec.kind == "policy":
        from ringrift_engine.players.policy import PolicyPlayer

        return PolicyPlayer(*_load(options.pop("model"), config, threads, device), **options)
    return _make_search_player(options, config, threads, device)


def _make_search_player(options: dict[str, Any], config: "BoardConfig", threads: int, device: str) -> "Player":
    from ringrift_engine.devices import CUDA
    from ringrift_engine.players.search import SearchPlayer, name_of_search
    from ringrift_engine.search import NO_CAP, SearchSettings

    path, cap = options.pop("model"), options.pop("cap", NO_CAP)
    if "noise" in options:
        options["gumbel_scale"] = options.pop("noise")
    settings = SearchSettings(**options)
    if device == CUDA:
        from ringrift_engine.nets.device_network import load_device_network
        from ringrift_engine.players.device_search import DeviceSearchPlayer

        network, sha256 = load_device_network(path, config)
        return DeviceSearchPlayer(config, network, name_of_search(sha256[:_SHOWN_DIGITS], settings, cap), settings, cap)
    evaluator, model = _load(path, config, threads, device)
    return SearchPlayer(config, evaluator, name_of_search(model, settings, cap), settings, threads, cap)


def _load(path: Path, config: "BoardConfig", threads: int, device: str) -> "tuple[Evaluator, str]":
    """The evaluator of a checkpoint, and the first digits of its hash."""
    from ringrift_engine.nets.evaluator import NetworkEvaluator

    evaluator = NetworkEvaluator(path, config, threads=threads, device=device)
    return evaluator, evaluator.sha256[:_SHOWN_DIGITS]
