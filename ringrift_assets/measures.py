"""What the checks of datasets judge, measured on the file itself with numpy alone.

The engine validates every file before it publishes it; these numbers are read again from the published arrays by other
code, so that a check does not merely repeat what the producer said.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from ringrift_engine.boards import BoardConfig

_VERSIONS: Final = ("config_key", "format_version", "rules_version", "encoder_version")


def measure_export(path: Path, config: BoardConfig) -> dict[str, Any]:
    """What the checks of `npz_exports` need to know of one file."""
    import numpy as np

    from ringrift_engine.datasets.validate import validate_npz

    with np.load(path, allow_pickle=False) as arrays:
        offsets, shares = arrays["policy_offsets"], arrays["policy_values"].astype(np.float64)
        games, held_out = arrays["game_id"], arrays["held_out"]
        versions = ", ".join(f"{name} {arrays[name].item()}" for name in _VERSIONS)
    sums = np.add.reduceat(shares, offsets[:-1])
    both = np.intersect1d(games[held_out], games[~held_out])
    return {
        "versions": versions,
        "violations": list(validate_npz(path, config, combined=False).violations),
        "largest_policy_error": float(np.abs(sums - 1).max()),
        "games_on_both_sides": len(both),
        "games_held_out": len(np.unique(games[held_out])),
    }


def totals_of_exports(by_file: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The measures of all files together."""
    files = list(by_file.values())
    rows = sum(file["rows"] for file in files)
    return {
        "exports": len(files),
        "versions": sorted({file["versions"] for file in files}),
        "exports_valid": sum(not file["violations"] for file in files),
        "largest_policy_error": max(file["largest_policy_error"] for file in files),
        "games_on_both_sides": sum(file["games_on_both_sides"] for file in files),
        "games_held_out": sum(file["games_held_out"] for file in files),
        "games": sum(file["games"] for file in files),
        "rows": rows,
        "held_out_rows": sum(file["held_out_rows"] for file in files),
        "searched_share": sum(file["searched_rows"] for file in files) / rows,
        "policy_entropy": sum(file["mean_policy_entropy"] * file["rows"] for file in files) / rows,
    }


def measure_combination(path: Path) -> dict[str, Any]:
    """What the checks of `combined_npz` need to know."""
    import numpy as np

    from ringrift_engine.datasets.npz_reader import iterate_rows
    from ringrift_engine.datasets.validate import position_digests

    with np.load(path, allow_pickle=False) as arrays:
        weights, numbers = arrays["sample_weights"].astype(np.float64), arrays["globals"]
        modes = arrays["engine_modes_names"][arrays["engine_modes"]]
    digests = position_digests(iterate_rows(path, "features"), numbers)
    return {
        "weight_mean": float(weights.mean()),
        "weight_least": float(weights.min()),
        "weight_greatest": float(weights.max()),
        "duplicates_left": len(digests) - len(np.unique(digests, axis=0)),
        "weights_by_player": [
            {
                "player": str(mode),
                "rows": int((modes == mode).sum()),
                "mean_weight": float(weights[modes == mode].mean()),
            }
            for mode in np.unique(modes)
        ],
    }
