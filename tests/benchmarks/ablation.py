"""What each lever of learning gives: the whole against the whole without it, from one start, with paired seeds.

    python -m tests.benchmarks.ablation learn square8_2p FOLDER [--arms whole no-planes ...] [--seeds 1 2 3]
    python -m tests.benchmarks.ablation compare square8_2p FOLDER [--games 400]

`learn` makes what is missing in FOLDER, so it may be killed and given again, and several may work on different seeds.
Of each seed all arms begin with the same games of the bootstrap player, learn from them, and then play and learn in
turns: as many network evaluations of self-play for every arm, and as many samples of training. `compare` plays the last
network of `whole` against that of each arm of the same seed, alone and with search, over the same openings. An effect
is the mean over seeds of the difference in Elo, with the t interval of as many differences as there are seeds.
"""

import argparse
import math
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import mean, stdev
from types import MappingProxyType
from typing import Any, Final
from unittest.mock import patch

from scipy import stats

from ringrift_engine.boards import CONFIGS, BoardConfig
from ringrift_engine.datasets.combine import CombineSettings, combine
from ringrift_engine.datasets.export import export_shard
from ringrift_engine.encoding import position_planes
from ringrift_engine.evaluation.intervals import elo_of_score
from ringrift_engine.evaluation.match import Arena, Contestant, play_match
from ringrift_engine.evaluation.match_log import MatchLog
from ringrift_engine.evaluation.openings import draw_openings
from ringrift_engine.files import sha256_of
from ringrift_engine.nets.settings import network_settings
from ringrift_engine.players.factory import PlayerSpec, in_earnest, make_player
from ringrift_engine.progress import LogProgress
from ringrift_engine.records.shard import publish_shard
from ringrift_engine.records.shard_schema import ShardHeader
from ringrift_engine.search import NO_CAP, PlayoutCap
from ringrift_engine.selfplay import SelfplaySettings, play_games
from ringrift_engine.selfplay.settings import BOOTSTRAP_PLAY
from ringrift_engine.training import train, training_settings
from tests.benchmarks.search_free import taught_by_outcome

START_GAMES: Final = 2_000
"""Games of the bootstrap player, once a seed."""
FIRST_SAMPLES: Final = 80_000
ROUNDS: Final = 3
GAMES: Final = 250
"""Games of a round, all of whose decisions are searched fully."""
SAMPLES: Final = 40_000
"""Samples of the training after a round."""
SIMULATIONS: Final = 32
WHOLE: Final = "whole"
DERIVED: Final = tuple(name for name, *_ in position_planes.SEAT_PLANES[position_planes.MOBILITY :])
"""Planes of what follows from a position; the numbers of seats that go with them are seen all the same."""


@dataclass(frozen=True, kw_only=True)
class Arm:
    """What is different from the settings that everything has by default.

    hidden       names of the seats' planes that the network does not see
    search_free  plays without search, as many games as if all decisions were searched fully, and learns from outcomes
    """

    training: Mapping[str, Any] = field(default_factory=dict)
    network: Mapping[str, Any] = field(default_factory=dict)
    combination: Mapping[str, Any] = field(default_factory=dict)
    cap: PlayoutCap = NO_CAP
    hidden: tuple[str, ...] = ()
    search_free: bool = False


ARMS: Final[Mapping[str, Arm]] = MappingProxyType(
    {
        WHOLE: Arm(),
        "no-planes": Arm(hidden=DERIVED),
        "no-ownership-score": Arm(training={"ownership_weight": 0.0, "score_weight": 0.0}),
        "no-pooling": Arm(network={"pooled_every": 0}),
        "no-next-move": Arm(training={"next_move_weight": 0.0}),
        "no-surprise": Arm(combination={"surprise_share": 0.0}),
        "playout-cap": Arm(cap=PlayoutCap(0.25, 8)),
        "no-search-values": Arm(training={"search_value_share": 0.0}),
        "no-symmetries": Arm(training={"symmetries": False}),
        "search-free": Arm(search_free=True),
    }
)


@contextmanager
def seeing(arm: Arm) -> Iterator[None]:
    """Networks that are made meanwhile do not see what the arm hides."""
    usual = position_planes.plane_scale

    def scale(config: BoardConfig) -> Any:
        shown = usual(config)
        for number, name in enumerate(position_planes.plane_names(config.num_players)):
            if name.rpartition("_")[0] in arm.hidden:
                shown[number] = 0
        return shown

    with patch.object(position_planes, "plane_scale", scale):
        yield


@dataclass(frozen=True)
class Run:
    """One arm with one seed, and where its files are."""

    config: BoardConfig
    folder: Path
    name: str
    seed: int

    @property
    def arm(self) -> Arm:
        return ARMS[self.name]

    def model(self, number: int) -> Path:
        """The network after so many rounds."""
        return self.folder / f"{self.name}-{self.seed}" / f"{number}.safetensors"

    def learn(self) -> None:
        """All rounds that are missing."""
        exports = [self._start()]
        for number in range(ROUNDS + 1):
            if number:
                exports.append(self._round(number))
            if not self.model(number).is_file():
                self._train(number, exports)

    def _start(self) -> Path:
        path = self.folder / f"start-{self.seed}" / "0.npz"
        return (
            path if path.is_file() else self._play(path, PlayerSpec("bootstrap"), NO_CAP, BOOTSTRAP_PLAY, START_GAMES)
        )

    def _round(self, number: int) -> Path:
        path = self.model(number).with_suffix(".npz")
        if path.is_file():
            return path
        cap = self.arm.cap
        spent = cap.full_share * (SIMULATIONS + 1) + (1 - cap.full_share) * (cap.cheap_simulations + 1)
        games = round(GAMES * (SIMULATIONS + 1) / spent)
        model = self.model(number - 1)
        if self.arm.search_free:
            spec = PlayerSpec("policy", model=model, temperature=1.0)
            return self._play(path, spec, cap, SelfplaySettings(sampled_decisions=2**31), games)
        spec = PlayerSpec("search", model=model, simulations=SIMULATIONS)
        return self._play(path, spec, cap, SelfplaySettings(), games)

    def _play(self, path: Path, spec: PlayerSpec, cap: PlayoutCap, settings: SelfplaySettings, games: int) -> Path:
        """Games as an export at `path`."""
        with seeing(self.arm):
            player = make_player(spec, self.config, cap=cap)
        seed = self.seed * 1_000 + int(path.stem)
        seats = [player] * self.config.num_players
        records = play_games(self.config, seats, replace(settings, games=games), seed, LogProgress(print))
        if spec.kind == "policy":
            records = taught_by_outcome(self.config, records)
        model = sha256_of(spec.model) if spec.model else None
        participant = Contestant(player, model, spec.simulations or 0).participant
        header = ShardHeader(config_key=self.config.key, seed=seed, participants=(participant,))
        shard = publish_shard(path.parent, header, records)
        export_shard(shard.path, path, self.config)
        return path

    def _train(self, number: int, exports: list[Path]) -> None:
        data = self.model(number).with_suffix(".combined.npz")
        settings = CombineSettings(seed=self.seed, **self.arm.combination)
        combine(exports, data, settings, list(range(len(exports))), self.config)
        samples = SAMPLES if number else FIRST_SAMPLES
        budget = replace(training_settings(self.config), max_samples=samples, seed=self.seed, **self.arm.training)
        network = replace(network_settings(self.config), **self.arm.network)
        previous = self.model(number - 1) if number else None
        with seeing(self.arm):
            train(self.config.key, data, self.model(number), budget, previous, 1, LogProgress(print), network=network)
        data.unlink()


def contestant(run: Run, kind: str, arena: Arena) -> Contestant:
    """The run's last network as a player of that kind."""
    model, simulations = run.model(ROUNDS), SIMULATIONS if kind == "search" else None
    spec = in_earnest(PlayerSpec(kind, model=model, simulations=simulations))
    with seeing(run.arm):
        return Contestant(make_player(spec, run.config, arena.threads), sha256_of(model), simulations or 0)


def difference(whole: Run, other: Run, kind: str, games: int, arena: Arena) -> float:
    """Elo of `whole` over `other`; a match won or lost altogether counts as half a game short of it."""
    openings = draw_openings(whole.config, whole.seed, 0, -(-games // whole.config.num_players), 4)
    result = play_match(whole.config, contestant(whole, kind, arena), contestant(other, kind, arena), openings, arena)
    edge = 0.5 / result.games
    return elo_of_score(min(max(result.score, edge), 1 - edge))


def effect(differences: list[float]) -> str:
    """Their mean with its 95 % t interval."""
    middle = mean(differences)
    if len(differences) < 2:
        return f"{middle:+.0f}"
    half = float(stats.t.ppf(0.975, len(differences) - 1)) * stdev(differences) / math.sqrt(len(differences))
    return f"{middle:+.0f} [{middle - half:+.0f}, {middle + half:+.0f}]"


def compare(config: BoardConfig, folder: Path, arms: list[str], seeds: list[int], games: int, threads: int) -> None:
    """The table of all arms that were learnt."""
    print("| without, or with | policy alone: Elo of the whole over it | by seed | with search | by seed |")
    print("|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as scratch, MatchLog(Path(scratch) / "matches.db") as log:
        arena = Arena(log=log, purpose="benchmark", run_id="", threads=threads)
        for name in arms:
            pairs = [(Run(config, folder, WHOLE, seed), Run(config, folder, name, seed)) for seed in seeds]
            done = [pair for pair in pairs if all(run.model(ROUNDS).is_file() for run in pair)]
            if name == WHOLE or not done:
                continue
            cells = [name]
            for kind, count in (("policy", games), ("search", games // 2)):
                found = [difference(*pair, kind, count, arena) for pair in done]
                cells += [effect(found), " ".join(f"{one:+.0f}" for one in found)]
            print(f"| {' | '.join(cells)} |", flush=True)


def main() -> None:
    options = argparse.ArgumentParser(description="Measure what each lever of learning gives.")
    options.add_argument("what", choices=["learn", "compare"])
    options.add_argument("key", choices=list(CONFIGS), help="Configuration.")
    options.add_argument("folder", type=Path, help="Where games and networks are.")
    options.add_argument("--arms", nargs="+", choices=list(ARMS), default=list(ARMS), help="Arms; all if left out.")
    options.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
    options.add_argument("--games", type=int, default=400, help="Games without search; half as many with it.")
    options.add_argument("--threads", type=int, default=1, help="Threads of the matches.")
    given = options.parse_args()
    config = CONFIGS[given.key]
    if given.what == "compare":
        compare(config, given.folder, given.arms, given.seeds, given.games, given.threads)
        return
    for seed in given.seeds:
        for name in given.arms:
            Run(config, given.folder, name, seed).learn()


if __name__ == "__main__":
    main()
