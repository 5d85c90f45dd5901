"""UCT: against a plain version of itself, on wins and losses that can be seen, and that it gets stronger with work.

Not shown here: that its constants are the best ones. docs/opponents.md says how they were measured.
"""

import numpy as np
import pytest

from ringrift_engine.batch import Batch
from ringrift_engine.boards import CONFIGS
from ringrift_engine.errors import ConfigError
from ringrift_engine.players.random import RandomPlayer
from ringrift_engine.players.uct import UctPlayer, UctSettings, UctTree
from ringrift_engine.selfplay import SelfplaySettings, play_games
from tests.ringrift_engine.players.naive_uct import naive_uct

CONFIG = CONFIGS["hex8_2p"]
SEED = np.uint64(7)


def last_positions(config, games, keep, seed=0):
    """Positions with a choice: the last `keep` decisions of random games, records [1] each."""
    random = np.random.default_rng(seed)
    batch = Batch(config, games)
    history = [[] for _ in range(games)]
    batch.play_forced(np.arange(games))
    while len(rows := np.flatnonzero(~batch.over())):
        for row in rows:
            history[row] = [*history[row][1 - keep :], batch.games[row : row + 1].copy()]
        legal = batch.legal(rows)
        batch.apply(rows, legal.moves[legal.offsets[:-1] + (random.random(len(rows)) * legal.counts).astype(int)])
        batch.play_forced(rows)
    return [game for late in history for game in late]


def results_of_choices(config, game):
    """Who has won after each choice, forced moves played; 0 where the game goes on. And the batch of those games."""
    moves = Batch(config, 1, games=game).legal(np.arange(1)).moves
    after = Batch(config, len(moves), games=np.repeat(game, len(moves)))
    after.apply(np.arange(len(moves)), moves)
    after.play_forced(np.arange(len(moves)))
    return moves, after.winners(), after


def losing_choices(config, game):
    """The choices that let the next player, another one, win with his next choice."""
    moves, winners, after = results_of_choices(config, game)
    found = set()
    for number, move in enumerate(moves.tolist()):
        reply = after.games[number : number + 1]
        if not winners[number] and reply.player[0] != game.player[0]:
            _, answers, _ = results_of_choices(config, reply)
            if (answers == reply.player[0]).any():
                found.add(move)
    return set(moves.tolist()), found


def chosen(config, game, playouts, seed=SEED):
    batch = Batch(config, 1, games=game)
    return int(UctPlayer(config, UctSettings(playouts=playouts)).choose(batch, np.arange(1), np.array([seed])).moves[0])


# --- the same as the plain version


@pytest.mark.parametrize(
    ("key", "back", "playouts", "exploration", "first_play"),
    [
        ("hex8_2p", 8, 100, 0.5, 0.5),
        ("hex8_2p", 12, 60, 0.5, 0.2),
        ("hex8_2p", 12, 60, 1.0, np.inf),
        ("hex8_3p", 12, 80, 0.7, 0.3),
        ("hex8_4p", 10, 80, 0.3, np.inf),
    ],
)
def test_the_root_is_that_of_the_plain_version(key, back, playouts, exploration, first_play):
    config = CONFIGS[key]
    settings = UctSettings(playouts=playouts, exploration=exploration, first_play=first_play)
    tree, uncertain = UctTree(config, settings), 0
    for number, game in enumerate(last_positions(config, 4, back, seed=back)[:: back // 3]):
        root = tree.search(game[0], np.uint64(number))
        plain = naive_uct(config, game, playouts, exploration, first_play, number)
        expected = dict.fromkeys(plain.untried, (0, 0, 0))
        for move, child in plain.children:
            won = sum(winner == plain.mover for winner in child.results)
            expected[move] = (len(child.results), won, child.certain)
        found = zip(root.moves.tolist(), root.visits, root.wins, root.winners, strict=True)
        assert {move: tuple(map(int, facts)) for move, *facts in found} == expected
        assert root.winner == plain.certain
        assert root.seats.tolist() == [plain.results.count(seat) for seat in range(1, config.num_players + 1)]
        uncertain += not root.winner
    assert uncertain >= 2, "nothing was searched to the end of its budget"


def test_a_pool_of_edges_that_was_too_small_changes_nothing():
    game = last_positions(CONFIG, 1, 40)[0]
    settings = UctSettings(playouts=300)
    ample, tight = UctTree(CONFIG, settings), UctTree(CONFIG, settings)
    tight._edges = tight._edges[:10]
    one, other = ample.search(game[0], SEED), tight.search(game[0], SEED)
    assert (one.moves == other.moves).all()
    assert (one.visits == other.visits).all()
    assert len(tight._edges) > 10


# --- what can be seen on the board


@pytest.mark.parametrize("key", ["hex8_2p", "hex8_3p", "hex8_4p"])
def test_a_win_in_one_is_taken_even_with_a_single_playout(key):
    config, tried = CONFIGS[key], 0
    for game in last_positions(config, 40, 3):
        moves, winners, _ = results_of_choices(config, game)
        winning = set(moves[winners == game.player[0]].tolist())
        if winning and len(winning) < len(moves):
            tried += 1
            assert chosen(config, game, playouts=1) in winning
    assert tried >= 5


def test_a_loss_in_one_is_avoided_where_it_can_be():
    tried = 0
    tree = UctTree(CONFIG, UctSettings(playouts=500))
    for game in last_positions(CONFIG, 60, 6, seed=1):
        moves, losing = losing_choices(CONFIG, game)
        mover = int(game.player[0])
        if losing and losing < moves and tree.search(game[0], SEED).winner in (0, mover):
            tried += 1
            assert chosen(CONFIG, game, playouts=500) not in losing
    assert tried >= 5


def test_a_certain_result_ends_the_search_and_is_told():
    batch = Batch(CONFIG, 1)
    for game in last_positions(CONFIG, 20, 2):
        _, winners, _ = results_of_choices(CONFIG, game)
        if (winners == game.player[0]).any():
            batch.games[:] = game
            found = UctPlayer(CONFIG, UctSettings(playouts=1000)).choose(batch, np.arange(1), np.array([SEED]))
            assert found.root_values is not None
            assert found.root_values[0, int(game.player[0]) - 1] == 1
            assert UctTree(CONFIG, UctSettings(playouts=1000)).search(game[0], SEED).seats.sum() == 1
            return
    pytest.fail("no position with a win in one")


# --- the contract of players


def test_equal_seeds_give_equal_moves_with_any_threads_and_neighbours():
    batch = Batch(CONFIG, 6)
    rows, seeds = np.arange(6), np.arange(6, dtype=np.uint64) * np.uint64(977)
    settings = UctSettings(playouts=60)
    one = UctPlayer(CONFIG, settings).choose(batch, rows, seeds)
    two = UctPlayer(CONFIG, settings, threads=3).choose(batch, rows, seeds)
    assert (one.moves == two.moves).all()
    assert one.policy is not None
    assert two.policy is not None
    assert (one.policy == two.policy).all()
    alone = UctPlayer(CONFIG, settings).choose(batch, rows[4:], seeds[4:])
    assert (alone.moves == one.moves[4:]).all()
    assert (one.moves != UctPlayer(CONFIG, settings).choose(batch, rows, seeds + np.uint64(1)).moves).any()


def test_the_policy_is_that_of_its_playouts_and_its_best_choice_is_played():
    batch = Batch(CONFIG, 1)
    found = UctPlayer(CONFIG, UctSettings(playouts=400)).choose(batch, np.arange(1), np.array([SEED]))
    assert found.policy is not None
    assert found.legal is not None
    assert found.root_values is not None
    root = UctTree(CONFIG, UctSettings(playouts=400)).search(batch.games[0], SEED)
    visits = dict(zip(root.moves.tolist(), root.visits.tolist(), strict=True))
    shares = np.array([visits[move] for move in found.legal.moves.tolist()]) / 400
    # A mean below 1 on top of each count orders those with equal counts.
    assert np.abs(found.policy - shares).max() < 0.1
    assert visits[int(found.moves[0])] == max(visits.values())
    assert found.policy.sum() == pytest.approx(1, abs=1e-5)
    assert found.root_values.sum() == pytest.approx(1, abs=1e-6)
    assert found.simulations == 400


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"playouts": 0}, "1 playout or more, not 0"),
        ({"exploration": -1.0}, "exploration must be a number from 0 on, not -1"),
        ({"exploration": np.inf}, "exploration"),
        ({"first_play": np.nan}, "first_play must be 0 or more, not nan"),
    ],
)
def test_impossible_settings_are_refused(values, message):
    with pytest.raises(ConfigError, match=message):
        UctSettings(**values)


# --- strength


def wins_of_first(config, first, second, games):
    settings = SelfplaySettings(games=games, opening_probability=1.0, opening_decisions=4, sampled_decisions=0)
    records = play_games(config, [first, second], settings, seed=0)
    return sum(record.players[record.winner - 1] == first.name for record in records)


def test_thirty_playouts_beat_random_nearly_always():
    assert wins_of_first(CONFIG, UctPlayer(CONFIG, UctSettings(playouts=30)), RandomPlayer(), 20) >= 18


@pytest.mark.slow
def test_more_playouts_beat_fewer():
    more, fewer = (UctPlayer(CONFIG, UctSettings(playouts=count), threads=2) for count in (300, 30))
    assert wins_of_first(CONFIG, more, fewer, 40) >= 28  # equal players get there once in 100 tries
