"""An export says of each decision what playing the game again, one move at a time, says of it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ringrift_engine.batch import Batch
from ringrift_engine.boards import BoardConfig
from ringrift_engine.datasets import export as export_module
from ringrift_engine.datasets.contract import EXPORT_KEYS
from ringrift_engine.datasets.export import export_shard
from ringrift_engine.encoding import Encoding
from ringrift_engine.errors import DataError
from ringrift_engine.files import sha256_of
from ringrift_engine.records.shard import publish_shard, write_shard
from ringrift_engine.records.shard_schema import Participant, ShardHeader
from ringrift_engine.rules.state import HOW_NAMES, PHASE_NAMES
from tests.ringrift_engine.datasets.conftest import CONFIG
from tests.support.records import OPENING, header_of, random_records


def load(path: Path) -> dict:
    with np.load(path, allow_pickle=False) as arrays:
        return dict(arrays)


def walked_rows(config, records):
    """Every decision after the opening, met by playing: record, ply, position, choices."""
    row = np.zeros(1, dtype=np.int64)
    for record in records:
        batch, made = Batch(config, 1, swap_rule=record.swap_rule), 0
        for ply, move in enumerate(record.moves):
            legal = batch.legal(row)
            if len(legal.moves) > 1:
                made += 1
                if made > record.opening_plies:
                    yield record, ply, batch.games.copy(), legal
            batch.apply(row, np.array([move]))


def test_rows_are_what_playing_the_games_again_finds(exports):
    exported = exports[0]
    arrays, encoding = load(exported.report.path), Encoding(CONFIG)
    for number, (record, ply, games, legal) in enumerate(walked_rows(CONFIG, exported.records)):
        planes, numbers = encoding.encode(games)
        assert np.array_equal(arrays["features"][number], planes[0])
        assert np.array_equal(arrays["globals"][number], numbers[0])
        seat = int(games.player[0])
        assert (arrays["seat"][number], arrays["move_numbers"][number]) == (seat, ply)
        assert arrays["values"][number] == (1 if record.winner == seat else -1)
        assert arrays["values_mp"][number].tolist() == [float(record.winner == s) for s in (1, 2, 3, 4)]
        assert arrays["game_id"][number] == int(record.game_id[:16], 16)
        assert arrays["total_game_moves"][number] == len(record.moves)
        assert arrays["phases_names"][arrays["phases"][number]] == PHASE_NAMES[int(games.phase[0])]
        assert arrays["victory_types_names"][arrays["victory_types"][number]] == HOW_NAMES[record.how]
        part = slice(*arrays["policy_offsets"][number : number + 2])
        assert np.array_equal(arrays["policy_factors"][part], encoding.factors(games, legal))
        decision = next(decision for decision in record.decisions if decision.ply == ply)
        assert arrays["policy_values"][part] == pytest.approx(decision.policy, rel=0.05, abs=2.0**-15.9)
        assert arrays["simulations"][number] == decision.simulations
        assert arrays["surprise"][number] == pytest.approx(decision.surprise, rel=0.03, abs=0.0003)
    assert number + 1 == len(arrays["seat"]) == exported.report.rows


def test_the_next_move_is_what_the_next_decision_of_the_game_chose(exports):
    encoding = Encoding(CONFIG)
    for exported in exports:
        arrays, expected, before = load(exported.report.path), [], None
        for record, ply, games, legal in walked_rows(CONFIG, exported.records):
            factors = encoding.factors(games, legal)[legal.moves == record.moves[ply]]
            if before is not None:
                expected.append(int(factors[0, 0]) if record is before else -1)
            before = record
        assert arrays["next_move"].tolist() == [*expected, -1]
        assert np.count_nonzero(arrays["next_move"] == -1) == len(exported.records)


def test_search_values_are_what_decisions_stated_and_else_the_outcome(exports, tmp_path):
    """Every third decision made no estimate."""
    silent = np.zeros(0, dtype=np.float32)
    records = [
        replace(
            record,
            decisions=tuple(
                replace(decision, root_values=silent) if number % 3 == 0 else decision
                for number, decision in enumerate(record.decisions)
            ),
        )
        for record in exports[0].records
    ]
    shard = publish_shard(tmp_path, header_of(CONFIG), records).path
    arrays = load(export_shard(shard, tmp_path / "out.npz", CONFIG).path)
    stated = 0
    for number, (record, ply, _, _) in enumerate(walked_rows(CONFIG, records)):
        decision = next(decision for decision in record.decisions if decision.ply == ply)
        found = arrays["search_values"][number]
        if len(decision.root_values):
            assert found[:2] == pytest.approx(decision.root_values, abs=1e-4)
            assert found[2:].tolist() == [0, 0]
            stated += 1
        else:
            assert found.tolist() == arrays["values_mp"][number].tolist() == [record.winner == s for s in (1, 2, 3, 4)]
    assert 0.6 < stated / len(arrays["seat"]) < 0.7


def test_the_file_has_exactly_the_keys_of_the_contract(paths):
    assert sorted(load(paths[0])) == sorted(key.name for key in EXPORT_KEYS)


def test_an_export_names_its_shard_and_counts_its_rows(exports):
    exported = exports[1]
    arrays, report = load(exported.report.path), exported.report
    assert arrays["sources"].tolist() == [report.source] == [sha256_of(exported.shard)]
    assert report.sha256 == sha256_of(report.path)
    assert report.held_out_rows == arrays["held_out"].sum() > 0
    assert (report.games, report.unfinished_games, report.searched_rows) == (6, 0, report.rows)
    shares = arrays["policy_values"].astype(np.float64)
    entropy = -np.sum(shares * np.log(np.maximum(shares, 1e-12))) / report.rows
    assert report.mean_policy_entropy == pytest.approx(entropy, rel=1e-5)


def test_the_same_shard_gives_the_same_bytes_in_any_pieces(exports, tmp_path, monkeypatch):
    exported = exports[0]
    again = export_shard(exported.shard, tmp_path / "again.npz", CONFIG)
    assert again.sha256 == exported.report.sha256
    monkeypatch.setattr(export_module, "_PIECE_BYTES", 1)  # every game is a piece
    single = load(export_shard(exported.shard, tmp_path / "single.npz", CONFIG).path)
    for name, array in load(again.path).items():
        assert np.array_equal(array, single[name]), name


@pytest.mark.parametrize("key", ["square8_3p", "hex8_4p"])
def test_other_configurations_are_exported(key, tmp_path):
    config = BoardConfig.from_key(key)
    records = random_records(config, 3)
    shard = publish_shard(tmp_path, header_of(config), records).path
    report = export_shard(shard, tmp_path / "out.npz", config)
    assert report.rows == sum(1 for _ in walked_rows(config, records))


def bare(records):
    """The games without anything that a player said about them."""
    return [replace(record, decisions=(), players=(NAME,) * CONFIG.num_players) for record in records]


NAME = "a name that tests replace"


@pytest.mark.parametrize("kind", ["heuristic", "random"])
def test_players_without_policies_give_their_own(kind, exports, tmp_path):
    """Even for random play, certain of the move played for others."""
    name = f"{kind}(profile=default)"
    records = [replace(record, players=(name,) * 2) for record in bare(exports[0].records)]
    shard = publish_shard(tmp_path, ShardHeader(CONFIG.key, 1, (Participant(name),)), records).path
    arrays = load(export_shard(shard, tmp_path / "out.npz", CONFIG).path)
    assert arrays["simulations"].max() == 0
    assert np.array_equal(arrays["search_values"], arrays["values_mp"])
    assert arrays["engine_modes_names"].tolist() == arrays["opponent_types_names"].tolist() == [kind]
    for number, (record, ply, _, legal) in enumerate(walked_rows(CONFIG, records)):
        shares = arrays["policy_values"][slice(*arrays["policy_offsets"][number : number + 2])]
        if kind == "random":
            assert shares == pytest.approx(np.full(len(legal.moves), 1 / len(legal.moves)))
        else:
            assert legal.moves[shares == 1].tolist() == [record.moves[ply]]
            assert shares.sum() == 1


def test_the_opening_is_no_lesson(exports, tmp_path):
    longer = [replace(record, opening_plies=OPENING + 3) for record in bare(exports[0].records)]
    header = ShardHeader(CONFIG.key, 1, (Participant(NAME),))
    shard = publish_shard(tmp_path, header, longer).path
    report = export_shard(shard, tmp_path / "out.npz", CONFIG)
    assert report.rows == exports[0].report.rows - 3 * len(longer)


def cut(record):
    """The game without its last move, hence without a result."""
    return replace(record, moves=record.moves[:-1], winner=0, how=0, scores=scores_before_the_end(record))


def scores_before_the_end(record):
    batch, row = Batch(CONFIG, 1), np.zeros(1, dtype=np.int64)
    for move in record.moves[:-1]:
        batch.apply(row, np.array([move]))
    games, seats = batch.games, slice(1, 3)
    columns = [games.eliminated[0, seats], games.territory[0, seats], games.markers[0, seats], games.hand[0, seats]]
    return np.stack(columns, axis=1)


def test_unfinished_games_are_recorded_but_give_no_rows(exports, tmp_path):
    whole, broken = exports[0].records[:1], [cut(bare(exports[0].records)[1])]
    header = header_of(CONFIG)
    header = replace(header, participants=(*header.participants, Participant(NAME)))
    both = export_shard(publish_shard(tmp_path, header, whole + broken).path, tmp_path / "both.npz", CONFIG)
    alone = export_shard(publish_shard(tmp_path, header, whole).path, tmp_path / "alone.npz", CONFIG)
    assert (both.rows, both.games, both.unfinished_games) == (alone.rows, 2, 1)
    with pytest.raises(DataError, match="none of its 1 games has a decision"):
        export_shard(publish_shard(tmp_path, header, broken).path, tmp_path / "none.npz", CONFIG)


def test_a_damaged_or_foreign_shard_is_not_exported(exports, tmp_path):
    with pytest.raises(DataError, match="a shard of hex8_2p where one of hex8_3p"):
        export_shard(exports[0].shard, tmp_path / "out.npz", BoardConfig.from_key("hex8_3p"))
    damaged = tmp_path / exports[0].shard.name
    damaged.write_bytes(exports[0].shard.read_bytes()[:-9] + b"different")
    with pytest.raises(DataError, match="not the one in the name"):
        export_shard(damaged, tmp_path / "out.npz", CONFIG)
    assert not (tmp_path / "out.npz").exists()


def test_nothing_is_published_that_does_not_keep_the_contract(exports, tmp_path, monkeypatch):
    monkeypatch.setattr(export_module, "FORMAT_VERSION", 99)
    with pytest.raises(DataError, match="format_version is 99"):
        export_shard(exports[0].shard, tmp_path / "out.npz", CONFIG)
    assert list(tmp_path.iterdir()) == []


def test_progress_is_told_to_the_end(exports, tmp_path):
    told = []
    copy = write_shard(tmp_path / "copy.db", header_of(CONFIG, 1), exports[0].records)
    export_shard(copy.path, tmp_path / "out.npz", CONFIG, lambda *step: told.append(step))
    assert told[0] == ("export", 0, 6, "games")
    assert told[-1] == ("export", 6, 6, "games")
