"""The NPZ contract: which arrays a dataset has, of which dtype and shape. docs/data.md prints this table.

Everything loads with `allow_pickle=False`: policies, whose lengths differ, are flat arrays with offsets, and words
are codes with a table of names. A row is a decision with two choices or more, seen from the player to move; seats in
columns are absolute, column s - 1 for seat s.
"""

from dataclasses import dataclass
from typing import Final

FORMAT_VERSION: Final = 2
SEAT_COLUMNS: Final = 4
HELD_OUT_ONE_IN: Final = 20
NO_NEXT_MOVE: Final = -1

# Axes: N rows, M policy entries of all rows, C planes, W width of the box, G global numbers, K source shards; T is the
# length of a table of names. A number is itself; no axes means a scalar.
Axis = str | int


@dataclass(frozen=True)
class Key:
    """One array of a dataset."""

    name: str
    dtype: str
    axes: tuple[Axis, ...]
    meaning: str


ROW_KEYS: Final = (
    Key("features", "int8", ("N", "C", "W", "W"), "planes of `Encoding.encode`; multiply by `plane_scale`"),
    Key("globals", "float32", ("N", "G"), "global numbers of `Encoding.encode`"),
    Key("values", "float32", ("N",), "+1 if the mover won, -1 if not; means of merged duplicates lie between"),
    Key("values_mp", "float32", ("N", SEAT_COLUMNS), "1 in the winner's column; means likewise"),
    Key("search_values", "float32", ("N", SEAT_COLUMNS), "win probabilities that the search stated, else values_mp"),
    Key("num_players", "int32", ("N",), "n"),
    Key("seat", "int8", ("N",), "the mover, 1 to n"),
    Key("game_id", "uint64", ("N",), "first 16 hex digits of the game's name"),
    Key("policy_offsets", "int64", ("N+1",), "row r has policy entries [offsets[r], offsets[r + 1])"),
    Key("policy_factors", "int32", ("M", 2), "the two policy indices of each choice, `Encoding.factors`"),
    Key("policy_values", "float32", ("M",), "its share; each row sums to 1, choices without a share are listed"),
    Key("next_move", "int32", ("N",), "first policy index of what was played in the game's next decision, or -1"),
    Key("ownership", "int8", ("N", "W", "W"), "owner of each cell at the game's end: 0 nobody, -1 no cell"),
    Key("final_scores", "float32", ("N", SEAT_COLUMNS, 2), "eliminated / ring threshold, territory / minimum"),
    Key("move_numbers", "int32", ("N",), "index of the decision's move in the game"),
    Key("total_game_moves", "int32", ("N",), "moves of the game, bookkeeping included"),
    Key("quality_score", "float32", ("N",), "quality of the game, 0 to 1"),
    Key("simulations", "int32", ("N",), "of the decision's search; 0 without one"),
    Key("surprise", "float32", ("N",), "nats by which a search changed the policy that it began with; 0 without one"),
    Key("held_out", "bool", ("N",), "the game is for measuring, never for training"),
)
CODE_NAMES: Final = ("phases", "move_types", "victory_types", "engine_modes", "opponent_types")
CODE_KEYS: Final = tuple(
    key
    for name in CODE_NAMES
    for key in (
        Key(name, "uint8", ("N",), f"index into {name}_names"),
        Key(f"{name}_names", "str", ("T",), f"names of the codes in {name}"),
    )
)
SCALAR_KEYS: Final = (
    Key("config_key", "str", (), "configuration, such as hex8_2p"),
    Key("format_version", "int64", (), "of this contract"),
    Key("rules_version", "int64", (), "of the rules the games were played under"),
    Key("encoder_version", "int64", (), "of the planes and policy indices"),
    Key("policy_size", "int64", (), "A: policy factors are below it"),
    Key("sources", "str", ("K",), "SHA-256 of the shards that rows come from, sorted"),
)
WEIGHT_KEY: Final = Key(
    "sample_weights", "float32", ("N",), "quality times freshness times surprise, mean 1; combined files only"
)

EXPORT_KEYS: Final = (*ROW_KEYS, *CODE_KEYS, *SCALAR_KEYS)
COMBINED_KEYS: Final = (*EXPORT_KEYS, WEIGHT_KEY)
