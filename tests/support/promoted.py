"""Two models of a configuration, files of a few bytes, the second promoted in place of the first."""

import hashlib
from pathlib import Path

from ringrift_engine.promotion import Occasion
from ringrift_engine.promotion.criteria import CriterionResult, PromotionDecision
from ringrift_engine.promotion.publish import promote
from ringrift_engine.promotion.registry import Registry

DAY_S = 86_400.0


def decision(candidate: str, baseline: str | None = None, promoted: bool = True) -> PromotionDecision:
    """A decision by one criterion that stands for all."""
    result = CriterionResult(name="random_floor", passed=promoted, measured=0.9, needed=0.75, games=100, why="why")
    return PromotionDecision(candidate=candidate, baseline=baseline, promoted=promoted, criteria=(result,))


def promote_two(registry: Registry, root: Path, at: float, key: str = "hex8_2p") -> tuple[str, str]:
    """Hashes of a model that was promoted a day before `at`, and of the one promoted in its place at `at`."""
    hashes: list[str] = []
    for content, when in ((b"first", at - DAY_S), (b"second", at)):
        sha256 = hashlib.sha256(content).hexdigest()
        path = root / "checkpoints" / key / f"{sha256[:12]}.safetensors"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        registry.register(sha256, key, path.relative_to(root).as_posix(), {})
        made = decision(sha256, hashes[-1] if hashes else None)
        recorded_at = Occasion(run_id="", at=when).recorded_at
        promote(registry, key, made, root, "promotion", recorded_at=recorded_at)
        hashes.append(sha256)
    return hashes[0], hashes[1]
