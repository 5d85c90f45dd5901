"""Where a training starts: from the newest checkpoint that was not shown to be weaker than the promoted model.

A candidate that is refused is seldom worse, only not surely better, and what it learnt is worth keeping; self-play goes
on being played by the promoted model alone. The choice follows from what the registry knows when a training begins, and
is safe to repeat: trainings on one training set all start where the first of them started, so a repeated one makes the
same checkpoint again and never trains it further. Nothing of it is part of a training's request, as the promoted model
is none.

`start_of` decides; `known_of` and `file_of` read the registry and look which files are there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from ringrift_assets.storage import SHORT, Store

if TYPE_CHECKING:
    from ringrift_engine.feedback.history import GauntletResult
    from ringrift_engine.promotion.criteria import PromotionDecision
    from ringrift_engine.promotion.registry import Registry

JUDGEMENT: Final = "judgement"
"""Subject of the registry's rows that say of a candidate what a later training must know."""
PROMOTED: Final = "promoted_models"
CANDIDATE: Final = "checkpoints"
FOREIGN: Final = "transferred_from"
ORIGINS: Final = (PROMOTED, CANDIDATE, FOREIGN)
"""Names under which the inputs of a checkpoint have what it started from, at most one of them."""
TRAINING_SETS: Final = ("combined_npz", "npz_exports")


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """How a candidate fared.

    over      the promoted model that it was compared with, empty if there was none
    sensible  whether it reached what is asked against the random player and the heuristic
    elo       estimate and 95 % interval of its Elo over that model; None without such a match
    """

    model: str
    over: str
    generation: int
    sensible: bool
    elo: tuple[float, float, float] | None

    @classmethod
    def of(cls, row: "GauntletResult", decision: "PromotionDecision") -> Self:
        """What the gauntlet and the decision about its candidate came to."""
        from ringrift_engine.promotion.criteria import HEURISTIC_FLOOR, NO_CRASH, RANDOM_FLOOR

        asked = (RANDOM_FLOOR, HEURISTIC_FLOOR, NO_CRASH)  # the last one is there only if games broke down
        return cls(
            model=decision.candidate,
            over=decision.baseline or "",
            generation=row.generation,
            sensible=all(result.passed for result in decision.criteria if result.name in asked),
            elo=None if row.elo is None else (row.elo.value, row.elo.low, row.elo.high),
        )

    def to_json(self) -> dict[str, Any]:
        """All fields as JSON values; numbers as text, because Elo may be infinite."""
        elo = None if self.elo is None else [str(number) for number in self.elo]
        return {
            "model": self.model,
            "over": self.over,
            "generation": self.generation,
            "sensible": self.sensible,
            "elo": elo,
        }

    @classmethod
    def from_json(cls, facts: Mapping[str, Any]) -> Self:
        """The inverse of `to_json`."""
        elo = None if facts["elo"] is None else tuple(float(number) for number in facts["elo"])
        return cls(**{**facts, "elo": elo})

    def is_not_weaker(self, promoted: str) -> bool:
        """Whether it plays sensibly and was compared with `promoted` without proof that it is weaker.

        Where nothing is promoted there is nothing to be weaker than. An estimate that is not a number proves nothing.
        """
        if not self.sensible or self.over != promoted:
            return False
        return not promoted or (self.elo is not None and self.elo[2] >= 0)


@dataclass(frozen=True, kw_only=True)
class Known:
    """What is known of one configuration when a training is to start.

    models      SHA-256 of every checkpoint -> what it was made from, in the order of registration
    there       those whose file is there
    promoted    the promoted model, empty if there is none
    taken_back  models that a rollback took back
    judgements  of candidates, oldest first
    foreign     the configuration that a first training may start from, and its promoted model; empty for none
    """

    models: Mapping[str, Mapping[str, str]]
    there: frozenset[str] = frozenset()
    promoted: str = ""
    taken_back: frozenset[str] = frozenset()
    judgements: Sequence[Judgement] = ()
    foreign: tuple[str, str] = ("", "")


@dataclass(frozen=True, kw_only=True)
class Start:
    """What a training starts from: the name among its inputs, the SHA-256 (both empty from scratch), and why."""

    origin: str = ""
    sha256: str = ""
    why: str = "no checkpoint is good enough to go on from, and no model is promoted"

    @property
    def inputs(self) -> dict[str, str]:
        """What the checkpoint's inputs say of it."""
        return {self.origin: self.sha256} if self.sha256 else {}


def start_of(known: Known, training_set: str) -> Start:
    """Where a training on the training set with this version starts."""
    same_data = [inputs for inputs in known.models.values() if _learnt_from(inputs) == training_set]
    if same_data:
        before = origin_of(same_data[0])
        if before.origin != CANDIDATE or before.sha256 in known.there:
            return before
    judged = {judgement.model: judgement for judgement in known.judgements if judgement.over == known.promoted}
    for model in reversed(list(known.models)):
        if model == known.promoted:
            break
        apart = model not in known.taken_back and _learnt_from(known.models[model]) != training_set
        if apart and model in known.there and model in judged and judged[model].is_not_weaker(known.promoted):
            return Start(origin=CANDIDATE, sha256=model, why=_told(judged[model]))
    if known.promoted:
        return Start(origin=PROMOTED, sha256=known.promoted, why="the promoted model")
    key, model = known.foreign
    if model and not known.models:
        return Start(origin=FOREIGN, sha256=model, why=f"the promoted model of {key}")
    return Start()


def origin_of(inputs: Mapping[str, str]) -> Start:
    """What a checkpoint with these inputs started from."""
    for origin in ORIGINS:
        if origin in inputs:
            why = f"{inputs[origin][:SHORT]}, as the first training on these data"
            return Start(origin=origin, sha256=inputs[origin], why=why)
    return Start(why="nothing, as the first training on these data")


def known_of(store: Store, registry: "Registry", key: str, transfer_from: str = "") -> Known:
    """What is known of a configuration now; `transfer_from` is the one that a first training may start from."""
    from ringrift_engine.promotion.registry_format import ROLLBACK_MOVE

    models, promoted = registry.models(key), registry.promoted(key)
    foreign = registry.promoted(transfer_from) if transfer_from else None
    moves = registry.pointer_history(key)
    return Known(
        models={model.sha256: model.inputs for model in models},
        there=frozenset(model.sha256 for model in models if (store.root / model.path).is_file()),
        promoted=promoted.sha256 if promoted is not None else "",
        taken_back=frozenset(move.previous for move in moves if move.kind == ROLLBACK_MOVE and move.previous),
        judgements=[Judgement.from_json(row.facts) for row in registry.history(JUDGEMENT, key)],
        foreign=(transfer_from, foreign.sha256) if foreign is not None else ("", ""),
    )


def file_of(store: Store, registry: "Registry", sha256: str) -> Path:
    """The file of a registered model: the copy that was made when it was promoted, else the checkpoint."""
    from ringrift_engine.promotion.publish import promoted_path

    model = registry.model(sha256)
    assert model is not None, "only registered models are chosen"
    copy = promoted_path(store.root, model.config_key, sha256)
    return copy if copy.is_file() else store.root / model.path


def _learnt_from(inputs: Mapping[str, str]) -> str:
    """The version of the training set among a checkpoint's inputs."""
    return next((inputs[asset] for asset in TRAINING_SETS if asset in inputs), "")


def _told(judgement: Judgement) -> str:
    told = f"the checkpoint of generation {judgement.generation}, not promoted"
    if judgement.elo is None:
        return told
    value, low, high = judgement.elo
    return f"{told} but not weaker: {value:+.0f} [{low:+.0f}, {high:+.0f}] Elo"
