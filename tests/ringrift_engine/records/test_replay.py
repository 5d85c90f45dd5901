"""Replaying: the positions met are those of the game when it was played, and a wrong move is found where it is."""

import numpy as np
import pytest

from ringrift_engine.batch import Batch
from ringrift_engine.boards import BoardConfig
from ringrift_engine.errors import DataError
from ringrift_engine.records import replay as replay_module
from ringrift_engine.records.game_record import GameRecord
from ringrift_engine.records.replay import RecordedGames, check_result, final_scores, replay
from ringrift_engine.rules.moves import SWAP_SIDES
from tests.ringrift_engine.records.conftest import CONFIG
from tests.support.records import random_records


def recorded(games: list[GameRecord], moves: list[np.ndarray] | None = None) -> RecordedGames:
    chosen = [game.moves for game in games] if moves is None else moves
    return RecordedGames.of([game.game_id for game in games], [game.swap_rule for game in games], chosen)


def test_kept_positions_and_their_choices_are_those_met_in_play(records):
    games = recorded(records)
    found = replay(CONFIG, games, "a test", np.ones(len(games.moves), dtype=np.bool_))
    choices = found.choices
    kept = 0
    for record, start in zip(records, games.offsets, strict=False):
        batch, row = Batch(CONFIG, 1), np.zeros(1, dtype=np.int64)
        for ply, move in enumerate(record.moves):
            legal = batch.legal(row)
            assert found.counts[start + ply] == len(legal.moves)
            if len(legal.moves) > 1:
                assert found.places[kept] == start + ply
                assert found.states[kept].tobytes() == batch.games[0].tobytes()
                assert choices.of(kept).tolist() == legal.moves.tolist()
                kept += 1
            batch.apply(row, np.array([move]))
    assert kept == len(found.places)


def test_decisions_can_be_left_out_at_the_start_and_positions_altogether(records):
    games = recorded(records)
    everywhere = np.ones(len(games.moves), dtype=np.bool_)
    skipped = np.arange(len(records)) * 3
    whole = replay(CONFIG, games, "a test", everywhere)
    part = replay(CONFIG, games, "a test", everywhere, skipped, positions=False)
    owners = np.searchsorted(games.offsets, whole.places, side="right") - 1
    within = np.concatenate([np.arange(count) for count in np.bincount(owners)])
    left = np.flatnonzero(within >= skipped[owners])
    assert part.places.tolist() == whole.places[left].tolist()
    assert part.counts.tolist() == whole.counts.tolist()
    assert [part.choices.of(row).tolist() for row in range(len(left))] == [
        whole.choices.of(row).tolist() for row in left
    ]
    assert len(part.states) == 0


def test_games_with_more_choices_than_there_is_room_for_are_played_once_more(records, monkeypatch):
    games = recorded(records[:1])
    everywhere = np.ones(len(games.moves), dtype=np.bool_)
    expected = replay(CONFIG, games, "a test", everywhere)
    monkeypatch.setattr(replay_module, "_CHOICES_A_POSITION", 1)
    found = replay(CONFIG, games, "a test", everywhere)
    assert found.choices.moves.tolist() == expected.choices.moves.tolist()
    assert found.choices.offsets.tolist() == expected.choices.offsets.tolist()
    assert found.games.tobytes() == expected.games.tobytes()


def test_games_end_as_they_were_recorded(records):
    found = replay(CONFIG, recorded(records), "a test")
    assert found.games.winner.tolist() == [record.winner for record in records]
    assert found.games.how.tolist() == [record.how for record in records]
    assert final_scores(found.games, 2).tolist() == [record.scores.tolist() for record in records]
    assert len(found.places) == 0


@pytest.mark.parametrize("share", [0.0, 0.3, 0.99])
def test_the_first_illegal_move_is_named_with_game_and_ply(records, share):
    moves = [record.moves.copy() for record in records]
    ply = int(share * len(moves[3]))
    moves[3][ply] = 31  # no kind of move has this number
    moves[3][ply + 1 :] = 31
    with pytest.raises(DataError, match=rf"^a test: game {records[3].game_id}, ply {ply}: .* is not legal for player"):
        replay(CONFIG, recorded(records, moves), "a test")


def test_no_move_can_be_exchanged_with_one_that_is_not_legal_there(records):
    random = np.random.default_rng(1)
    record = records[0]
    for ply in random.choice(len(record.moves), 20, replace=False):
        prefix = RecordedGames.of(["prefix"], [False], [record.moves[:ply]])
        legal = Batch(CONFIG, 1, games=replay(CONFIG, prefix, "a test").games).legal(
            np.zeros(1, np.int64), complete=True
        )
        foreign = [move for move in random.permutation(records[1].moves) if move not in legal.moves]
        moves = record.moves.copy()
        moves[ply] = foreign[0]
        with pytest.raises(DataError, match=f"ply {ply}: "):
            replay(CONFIG, recorded([record], [moves]), "a test")


def test_a_move_after_the_end_is_found(records):
    moves = np.append(records[0].moves, records[0].moves[0])
    with pytest.raises(DataError, match=f"ply {len(moves) - 1}: .* after the game is over"):
        replay(CONFIG, recorded(records[:1], [moves]), "a test")


def test_legal_moves_that_players_never_choose_from_are_replayed_without_a_count():
    config = BoardConfig.from_key("square8_2p")
    moves, ply = game_with_a_hidden_move(config)
    found = replay(config, RecordedGames.of(["hidden"], [False], [moves]), "a test", np.ones(len(moves), np.bool_))
    assert found.counts[ply] == 0
    assert ply not in found.places
    assert np.all(found.counts[:ply] >= 1)


def game_with_a_hidden_move(config: BoardConfig) -> tuple[np.ndarray, int]:
    """Random play until the whole legal set has a playable move that is no choice; the moves up to it, and its ply."""
    random = np.random.default_rng(5)
    batch, rows = Batch(config, 64), np.arange(64)
    while len(alive := rows[~batch.over()]):
        choices, legal = batch.legal(alive), batch.legal(alive, complete=True)
        for index, row in enumerate(alive):
            hidden = np.setdiff1d(legal.of(index), choices.of(index))
            hidden = hidden[(hidden & 31) != 10]  # recoveries may be hidden because they cannot be played
            if len(hidden):
                return np.append(batch.moves_of(row), hidden[0]), int(batch.length[row])
        picks = choices.offsets[:-1] + (random.random(len(alive)) * choices.counts).astype(np.int64)
        batch.apply(alive, choices.moves[picks])
    raise AssertionError("no game met such a move; draw more games")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"winner": 0, "how": 0}, "recorded as unfinished"),
        ({"how": 7}, "recorded as won by seat"),
        ({"scores": np.zeros((2, 4), np.int16)}, "recorded with final scores"),
    ],
    ids=["unfinished", "how", "scores"],
)
def test_another_result_than_the_moves_lead_to_is_refused(records, change, message):
    record = records[0]
    end = replay(CONFIG, recorded([record]), "a test").games[0]
    stated = {"winner": record.winner, "how": record.how, "scores": record.scores} | change
    with pytest.raises(DataError, match=f"a test: game {record.game_id} was {message}"):
        check_result(record.game_id, end, **stated, source="a test")


def test_the_swap_rule_is_part_of_the_game():
    swapped = next(
        record for record in random_records(CONFIG, 60, swap_rule=True) if SWAP_SIDES in record.moves.tolist()
    )
    assert replay(CONFIG, recorded([swapped]), "a test").games.winner[0] == swapped.winner
    without = RecordedGames.of([swapped.game_id], [False], [swapped.moves])
    with pytest.raises(DataError, match="swap_sides"):
        replay(CONFIG, without, "a test")
