"""The asset graph as a picture: `python -m ringrift_assets.picture docs/asset-graph.png`. Drawn from the definitions.

A chain has no crossings, so layers from left to right are all the layout that is needed; an edge that passes over a
layer goes round it, and what no edge joins to the chain stands above it. The UI draws the same graph.
"""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from ringrift_assets.definitions import defs

_COLOURS: Final = (
    "#dbe9f6", "#e3f1dc", "#fbe8cf", "#efe0f4", "#f9dcdc", "#e4e4e4", "#d6efec", "#f3ead8", "#e6e2f3",
)  # fmt: skip
_WIDTH: Final = 2.3  # inches a layer
_BOX: Final = (0.86, 0.5)
_ROUND: Final = 0.09  # how far an edge goes round the layers that it passes over


def layers() -> tuple[dict[str, int], dict[str, str], list[tuple[str, str]]]:
    """Every asset's distance from the start, every asset's group, and the edges."""
    graph = defs.resolve_asset_graph()
    names = {key: key.to_user_string() for key in graph.get_all_asset_keys()}
    parents = {names[key]: [names[parent] for parent in graph.get(key).parent_keys] for key in names}
    depth: dict[str, int] = {}
    while len(depth) < len(parents):
        for name, above in parents.items():
            if all(parent in depth for parent in above):
                depth[name] = max((depth[parent] + 1 for parent in above), default=0)
    groups = {names[key]: str(graph.get(key).group_name) for key in names}
    return depth, groups, sorted((parent, name) for name, above in parents.items() for parent in above)


def draw(path: Path) -> None:
    """Write the picture as PNG."""
    from matplotlib.figure import Figure
    from matplotlib.patches import FancyBboxPatch

    depth, groups, edges = layers()
    places = _places(depth, edges)
    colours = dict(
        zip(dict.fromkeys(groups[name] for name in sorted(depth, key=depth.__getitem__)), _COLOURS, strict=False)
    )
    rows = 1 + max(y for _, y in places.values())
    figure = Figure(figsize=(_WIDTH * (1 + max(depth.values())), 1.2 * rows))
    axes = figure.add_axes((0, 0, 1, 1))
    for above, below in edges:
        (start_x, start_y), (end_x, end_y) = places[above], places[below]
        passes_over = depth[below] - depth[above] > 1
        right, up = (0.0, _BOX[1] / 2) if passes_over else (_BOX[0] / 2, 0.0)
        axes.annotate(
            "",
            xy=(end_x - right, end_y + up),
            xytext=(start_x + right, start_y + up),
            arrowprops={
                "arrowstyle": "->",
                "color": "#555555",
                "connectionstyle": f"arc3,rad={-_ROUND if passes_over else 0}",
            },
        )
    for name, (x, y) in places.items():
        box = FancyBboxPatch(
            (x - _BOX[0] / 2, y - _BOX[1] / 2),
            *_BOX,
            boxstyle="round,pad=0.02",
            facecolor=colours[groups[name]],
            edgecolor="#555555",
        )
        axes.add_patch(box)
        axes.text(x, y + 0.06, name, ha="center", va="center", fontsize=10)
        axes.text(x, y - 0.14, groups[name], ha="center", va="center", fontsize=8, color="#666666")
    axes.set(xlim=(-0.6, max(depth.values()) + 0.6), ylim=(-0.5, rows - 0.5))
    axes.axis("off")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)


def _places(depth: Mapping[str, int], edges: Sequence[tuple[str, str]]) -> dict[str, tuple[float, float]]:
    """Where each asset stands: its layer, and its rank within the layer; those beside the chain above it."""
    chain = chain_of(depth, edges)
    filled: dict[int, int] = {}
    places = {}
    for name in sorted(depth, key=lambda name: (name not in chain, name)):
        row = filled.get(depth[name], 0)
        filled[depth[name]] = row + 1
        places[name] = (float(depth[name]), float(row))
    return places


def chain_of(depth: Mapping[str, int], edges: Sequence[tuple[str, str]]) -> set[str]:
    """The assets that edges join, one way or the other, to the one that is farthest from a start."""
    chain = {max(depth, key=depth.__getitem__)}
    while joined := {name for edge in edges if chain & set(edge) for name in edge} - chain:
        chain |= joined
    return chain


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit("usage: python -m ringrift_assets.picture FILE.png")
    draw(Path(sys.argv[1]))
