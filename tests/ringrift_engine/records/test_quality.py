"""Quality of made-up games whose numbers are worked out by hand, both sides of every criterion, and of real games:
random, drawn by the heuristic, and damaged on purpose.
"""

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from ringrift_engine.errors import DataError
from ringrift_engine.players.factory import PlayerSpec, make_player
from ringrift_engine.records.criteria import CRITERIA, TIE_BREAKS, seat_balance
from ringrift_engine.records.index import INDEX_NAME, read_index, update_index
from ringrift_engine.records.measures import EarlierGames, GameMeasures
from ringrift_engine.records.quality import (
    GamesQuality,
    games_quality,
    quality_by_player,
    quality_of,
    shard_quality,
    split_by_setting,
)
from ringrift_engine.records.quality_score import Quality, SubScore, grade_of, judge
from ringrift_engine.records.shard import publish_shard, read_packed
from ringrift_engine.records.shard_schema import Participant, ShardHeader
from ringrift_engine.rules.moves import KINDS, PLACE, SLIDE
from ringrift_engine.rules.state import BY_ELIMINATION, BY_STALEMATE_MARKERS, HOW_NAMES, NOT_OVER, PHASE_NAMES
from ringrift_engine.selfplay import SelfplaySettings, play_games
from tests.ringrift_engine.records.conftest import CONFIG
from tests.support.records import header_of, random_records

GAMES = 100


def made_up(games=GAMES, players=2, **changes):
    """Games as good as can be: seats win in turn, all games differ, every decision was searched."""
    numbers = np.arange(games)
    kinds, phases = np.zeros((games, KINDS), dtype=np.int64), np.zeros((games, len(PHASE_NAMES)), dtype=np.int64)
    kinds[:, :10], phases[:, :7] = 3, 3
    columns = {
        "setting": np.full(games, "self"),
        "winner": numbers % players + 1,
        "how": np.full(games, BY_ELIMINATION),
        "lengths": np.full(games, 150),
        "kinds": kinds,
        "phases": phases,
        "opening": numbers.astype(np.uint64),
        "moves": numbers.astype(np.uint64) + 1_000,
        "decided": np.full(games, 40),
        "searched": np.full(games, 40),
        "entropy": np.full(games, 20.0),
    }
    return GameMeasures(**(columns | {name: np.asarray(value) for name, value in changes.items()}))


def before(low=100, high=200, games=11):
    """Earlier games whose lengths are spread evenly: the middle 80 % have low + 10 % to high - 10 % of the range."""
    return EarlierGames(np.linspace(low, high, games).astype(np.int64), np.zeros(0, dtype=np.uint64))


def value_of(quality, name):
    found = [part.value for part in quality.subscores if part.name == name]
    assert len(found) == 1
    return found[0]


def known(number):
    """A measured number, which must be there."""
    assert number is not None
    return number


def share(part, games=GAMES):
    """A mask of the first games."""
    return np.arange(games) < part * games


# --- one score from many


def test_the_best_games_have_every_number_at_its_best():
    quality = quality_of(made_up(), 2, before())
    assert quality.mean == pytest.approx(1)
    assert quality.score == pytest.approx((100 + 6) / 110)
    assert (quality.grade, quality.worst) == ("excellent", None)
    assert (quality.decisive_share, quality.truncated_share, quality.duplicate_share) == (1, 0, 0)
    assert (quality.median_length, quality.length_place) == (150, 0.5)
    assert quality.phase_balance == pytest.approx(1)
    assert quality.move_balance == pytest.approx(math.log(10) / math.log(16))
    assert (quality.searched_share, quality.policy_entropy) == (1, 0.5)


@pytest.mark.parametrize("kind", ["games_weight", "dataset_weight"])
def test_the_weights_of_all_criteria_sum_to_one(kind):
    assert sum(getattr(rule, kind) for rule in CRITERIA) == pytest.approx(1)


@pytest.mark.parametrize(
    ("games", "value", "score", "grade"),
    [
        pytest.param(2, 1.0, 8 / 12, "adequate", id="two_perfect_games_are_not_excellent"),
        pytest.param(2, 0.0, 6 / 12, "adequate", id="two_worthless_games_are_not_unusable"),
        pytest.param(16, 1.0, 22 / 26, "good", id="sixteen_perfect_games_are_one_short"),
        pytest.param(17, 1.0, 23 / 27, "excellent", id="seventeen_perfect_games_are_excellent"),
        pytest.param(10, 0.0, 6 / 20, "poor", id="ten_worthless_games_are_poor"),
        pytest.param(11, 0.0, 6 / 21, "unusable", id="eleven_worthless_games_are_unusable"),
        pytest.param(10_000, 0.9, 0.9, "excellent", id="many_games_speak_for_themselves"),
        pytest.param(0, 1.0, 0.0, "unusable", id="no_games"),
        pytest.param(100, math.nan, 0.0, "unusable", id="not_a_number"),
        pytest.param(100, 1.5, 0.0, "unusable", id="impossible"),
    ],
)
def test_few_games_are_drawn_to_the_middle(games, value, score, grade):
    parts = [SubScore("one", value, 1.0, ""), SubScore("two", value, 3.0, "")]
    _, found, found_grade = judge(parts, games)
    assert found == pytest.approx(score, abs=1e-3)
    assert found_grade == grade


def test_the_mean_is_weighted():
    parts = [SubScore("one", 1.0, 0.3, ""), SubScore("two", 0.5, 0.1, "")]
    assert judge(parts, 10)[0] == pytest.approx((0.3 + 0.05) / 0.4)


@pytest.mark.parametrize(
    ("value", "plain", "vital"), [(1, 0.95, 0.95), (0.2, 0.87, 0.87), (0.1, 0.86, 0.5), (0, 0.85, 0)]
)
def test_a_vital_part_limits_the_mean_and_another_does_not(value, plain, vital):
    good = SubScore("good", 0.85 / 0.9, 0.9, "")
    assert judge([SubScore("one", value, 0.1, ""), good], 10)[0] == pytest.approx(plain)
    assert judge([SubScore("one", value, 0.1, "", vital=True), good], 10)[0] == pytest.approx(vital)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param(
            {"opening": np.zeros(GAMES, np.uint64), "moves": np.zeros(GAMES, np.uint64)}, id="copies_of_a_game"
        ),
        pytest.param({"how": np.full(GAMES, BY_STALEMATE_MARKERS)}, id="nobody_wins_by_playing"),
    ],
)
def test_games_that_teach_nothing_do_not_pass_however_good_they_are_otherwise(changes):
    assert quality_of(made_up(**changes), 2, before()).score < 0.5 < quality_of(made_up(), 2, before()).score


def test_a_vital_part_near_zero_is_the_worst_whatever_it_weighs():
    parts = (SubScore("vital", 0.1, 0.01, "", vital=True), SubScore("heavy", 0.6, 0.99, ""))
    found = Quality(games=50, mean=0.5, score=0.5, grade="adequate", subscores=parts).worst
    assert found is parts[0]


@pytest.mark.parametrize(
    ("score", "grade"),
    [
        (0.85, "excellent"), (0.8499, "good"), (0.70, "good"), (0.6999, "adequate"), (0.50, "adequate"),
        (0.4999, "poor"), (0.30, "poor"), (0.2999, "unusable"), (0.0, "unusable"), (math.nan, "unusable"),
    ],
)  # fmt: skip
def test_grades(score, grade):
    assert grade_of(score) == grade


def test_no_games_have_no_numbers():
    quality = quality_of(GameMeasures.join([]), 2, before())
    assert (quality.games, quality.mean, quality.score, quality.grade) == (0, None, 0.0, "unusable")
    assert (quality.decisive_share, quality.subscores, quality.worst) == (None, (), None)


def test_one_number_that_is_none_makes_games_unusable():
    entropy = np.full(GAMES, 20.0)
    entropy[7] = math.nan
    quality = quality_of(made_up(entropy=entropy), 2, before())
    assert (quality.mean, quality.score, quality.grade) == (None, 0.0, "unusable")
    assert quality.worst is not None
    assert quality.worst.name == "entropy"


def test_json_and_back():
    for quality in (quality_of(made_up(), 2, before()), quality_of(GameMeasures.join([]), 3, None)):
        assert GamesQuality.from_json(json.loads(json.dumps(quality.to_json()))) == quality
    damaged = quality_of(made_up(entropy=np.full(GAMES, math.nan)), 2, None)
    text = json.dumps(damaged.to_json(), allow_nan=False)
    assert json.dumps(GamesQuality.from_json(json.loads(text)).to_json()) == text
    with pytest.raises(DataError, match="Not a GamesQuality"):
        GamesQuality.from_json({"games": 3})


# --- every criterion on both sides

ONE_SIDED = [
    pytest.param("decisive", {}, 1.0, id="all_decided"),
    pytest.param("decisive", {"how": np.where(share(0.25), BY_STALEMATE_MARKERS, 1)}, 0.75, id="a_quarter_tie_breaks"),
    pytest.param("decisive", {"how": np.where(share(0.1), NOT_OVER, 1)}, 0.9, id="a_tenth_unfinished"),
    pytest.param("openings", {"opening": np.zeros(GAMES, np.uint64)}, 0.01, id="all_begin_alike"),
    pytest.param("openings", {"opening": np.arange(GAMES, dtype=np.uint64) // 4}, 0.25, id="four_begin_alike"),
    pytest.param("duplicates", {"moves": np.zeros(GAMES, np.uint64)}, 0.01, id="one_game_a_hundred_times"),
    pytest.param("duplicates", {"moves": np.arange(GAMES, dtype=np.uint64) // 2}, 0.5, id="every_game_twice"),
    pytest.param("searched", {"searched": np.full(GAMES, 10)}, 0.25, id="a_quarter_searched"),
    pytest.param("searched", {"decided": np.zeros(GAMES, int), "entropy": np.zeros(GAMES)}, 0.0, id="no_decisions"),
    pytest.param("entropy", {"entropy": np.full(GAMES, 4.0)}, 1.0, id="entropy_0.1"),
    pytest.param("entropy", {"entropy": np.full(GAMES, 2.0)}, 0.5, id="entropy_0.05"),
    pytest.param("entropy", {"entropy": np.zeros(GAMES)}, 0.0, id="one_hot"),
    pytest.param("entropy", {"entropy": np.full(GAMES, 36.0)}, 1.0, id="entropy_0.9"),
    pytest.param("entropy", {"entropy": np.full(GAMES, 38.0)}, 0.5, id="entropy_0.95"),
    pytest.param("entropy", {"entropy": np.full(GAMES, 40.0)}, 0.0, id="all_moves_alike"),
    pytest.param("entropy", {"decided": np.zeros(GAMES, int), "entropy": np.zeros(GAMES)}, 0.0, id="no_policies"),
    pytest.param("seats", {"winner": np.ones(GAMES, int)}, 0.0, id="one_seat_wins_all"),
    pytest.param("seats", {"winner": np.zeros(GAMES, int), "how": np.zeros(GAMES, int)}, 0.0, id="nobody_wins"),
]


@pytest.mark.parametrize(("name", "changes", "value"), ONE_SIDED)
def test_one_criterion(name, changes, value):
    quality = quality_of(made_up(**changes), 2, before())
    assert value_of(quality, name) == pytest.approx(value)
    assert quality.score < quality_of(made_up(), 2, before()).score or value == 1


def test_balances_are_entropies_of_what_was_moved():
    def only(kinds, phases):
        columns = made_up(1)
        columns.kinds[:], columns.phases[:] = 0, 0
        for counts, given in ((columns.kinds, kinds), (columns.phases, phases)):
            for place, count in given.items():
                counts[0, place] = count
        return quality_of(columns, 2, None)

    alike = only({PLACE: 30}, {0: 30})
    assert (alike.phase_balance, alike.move_balance) == (0, 0)
    assert value_of(alike, "phase_balance") == value_of(alike, "move_balance") == 0
    halves = only({PLACE: 30, SLIDE: 30}, {0: 30, 1: 30})
    assert halves.phase_balance == pytest.approx(math.log(2) / math.log(7))
    assert value_of(halves, "phase_balance") == pytest.approx(math.log(2) / math.log(7) / 0.6)
    assert value_of(halves, "move_balance") == pytest.approx(math.log(2) / math.log(16) / 0.5)


@pytest.mark.parametrize(
    ("lengths", "value"),
    [
        pytest.param([110, 150, 190], 1.0, id="all_normal"),
        pytest.param([55, 150, 150], 2.5 / 3, id="one_half_as_long_as_the_least_normal"),
        pytest.param([380, 380, 380], 0.5, id="all_twice_as_long_as_the_greatest_normal"),
    ],
)
def test_lengths_are_compared_with_earlier_games(lengths, value):
    quality = quality_of(made_up(3, lengths=lengths), 2, before(games=101))
    assert value_of(quality, "length") == pytest.approx(value)
    tenfold = quality_of(made_up(3, lengths=10 * np.array(lengths)), 2, before(1_000, 2_000, 101))
    assert value_of(tenfold, "length") == pytest.approx(value)  # a board with longer games is not worse for it


@pytest.mark.parametrize("earlier", [None, before(games=7)])
def test_without_enough_earlier_games_length_is_not_judged(earlier):
    quality = quality_of(made_up(lengths=np.full(GAMES, 9_999)), 2, earlier)
    assert "length" not in {part.name for part in quality.subscores}
    assert (quality.length_place, quality.median_length) == (None, 9_999)
    assert quality.mean == pytest.approx(1)  # the other weights count for more
    assert known(quality_of(made_up(lengths=np.full(GAMES, 9_999)), 2, before(games=8)).mean) < 1


def test_unfinished_games_have_no_length():
    how = np.where(share(0.5), NOT_OVER, BY_ELIMINATION)
    lengths = np.where(share(0.5), 9_999, 150)
    assert quality_of(made_up(how=how, lengths=lengths), 2, before()).median_length == 150
    unfinished = quality_of(made_up(how=np.zeros(GAMES, int)), 2, before())
    assert value_of(unfinished, "length") == 0


def test_a_game_of_an_earlier_generation_is_a_duplicate():
    earlier = replace(before(), moves=np.arange(1_000, 1_030, dtype=np.uint64))
    assert quality_of(made_up(), 2, earlier).duplicate_share == pytest.approx(0.3)


@pytest.mark.parametrize(
    ("shares", "games", "value"),
    [
        pytest.param([0.5, 0.5], 10**8, 1.0, id="fair"),
        pytest.param([0.6, 0.4], 10**8, 1.0, id="the_advantage_of_a_seat"),
        pytest.param([0.7, 0.3], 10**8, 0.5, id="half_way"),
        pytest.param([0.8, 0.2], 10**8, 0.0, id="eight_of_ten"),
        pytest.param([1.0, 0.0], 2, 1.0, id="two_games_show_nothing"),
        pytest.param([1.0, 0.0], 10**8, 0.0, id="always_the_same"),
        pytest.param([0.4, 0.2, 0.2, 0.2], 10**8, 1.0, id="a_fifth_of_the_way_to_always"),
        pytest.param([0.1, 0.3, 0.3, 0.3], 10**8, 0.0, id="three_fifths_of_the_way_to_never"),
        pytest.param([0.7, 0.1, 0.1, 0.1], 10**8, 0.0, id="three_fifths_of_the_way_to_always"),
    ],
)
def test_seats(shares, games, value):
    assert seat_balance(np.array(shares), games).value == pytest.approx(value, abs=1e-3)


def test_a_seat_in_standard_errors():
    balance = seat_balance(np.array([0.6, 0.4]), 100)
    assert balance.deviation == pytest.approx(0.1)
    assert balance.errors == pytest.approx(2)  # sqrt(0.25 / 100) = 0.05
    assert seat_balance(np.array([0.75, 0.25]), 100).value == pytest.approx(1 - (0.3 - 0.2) / 0.4)


def test_chance_alone_is_rarely_blamed_on_a_seat():
    """Fair games, simulated: the criterion is at 1 in far more than 95 % of the samples, however small they are."""
    random = np.random.default_rng(3)
    for players in (2, 4):
        for games in (2, 20, 200):
            wins = random.multinomial(games, [1 / players] * players, size=500) / games
            values = [seat_balance(shares, games).value for shares in wins]
            assert np.mean(np.array(values) == 1) >= 0.97


def test_all_ways_to_win_are_decisions_but_the_tie_breaks():
    assert {HOW_NAMES[code] for code in TIE_BREAKS} == {name for name in HOW_NAMES if name.startswith("stalemate")}


# --- who made them


def test_the_setting_that_made_the_bad_games_is_named():
    setting = np.where(share(0.3), "heuristic", "self")
    winner = np.where(share(0.3), 1, np.arange(GAMES) % 2 + 1)
    opening = np.where(share(0.3), 0, np.arange(GAMES)).astype(np.uint64)
    found = split_by_setting(made_up(setting=setting, winner=winner, opening=opening), 2, before())
    assert {name: quality.games for name, quality in found.by_setting.items()} == {"heuristic": 30, "self": 70}
    assert found.worst == "heuristic"
    assert found.by_setting["self"] == quality_of(made_up(70), 2, before())
    assert split_by_setting(GameMeasures.join([]), 2, None).worst is None


def test_two_games_as_good_as_the_others_are_not_blamed_for_being_few():
    setting = np.where(np.arange(GAMES) < 2, "heuristic", "self")
    winner = np.where(np.arange(GAMES) < 2, np.arange(GAMES), 1) % 2 + 1  # in all the others one seat wins
    found = split_by_setting(made_up(setting=setting, winner=winner), 2, before())
    assert found.by_setting["heuristic"].score < found.by_setting["self"].score  # few games are drawn to the middle
    assert known(found.by_setting["heuristic"].mean) > known(found.by_setting["self"].mean)
    assert found.worst == "self"


def test_games_that_cannot_be_judged_are_the_worst():
    setting = np.where(share(0.1), "heuristic", "self")
    entropy = np.where(share(0.1), math.nan, 20.0)
    how = np.where(share(0.1), BY_ELIMINATION, NOT_OVER)
    assert split_by_setting(made_up(setting=setting, entropy=entropy, how=how), 2, None).worst == "heuristic"


# --- real games


@pytest.fixture(scope="module")
def shards(tmp_path_factory):
    """Sixty games of the bootstrap player and sixty at random, each in a shard."""
    folder = tmp_path_factory.mktemp("quality")
    made = {}
    for kind in ("bootstrap", "random"):
        player = make_player(PlayerSpec(kind), CONFIG)
        settings = SelfplaySettings(games=60, sampled_decisions=2**31)
        header = ShardHeader(CONFIG.key, 5, (Participant(player.name),))
        made[kind] = publish_shard(folder, header, play_games(CONFIG, [player] * 2, settings, 5)).path
    return made


@pytest.fixture(scope="module")
def index(shards, tmp_path_factory):
    path = tmp_path_factory.mktemp("index") / INDEX_NAME
    update_index(list(shards.values()), path, CONFIG)
    return read_index(path, CONFIG)


def test_games_of_a_player_that_records_policies_are_worth_more_than_random_ones(shards, index):
    drawn, wild = (games_quality([shards[kind]], index) for kind in ("bootstrap", "random"))
    assert drawn.grade == "excellent"  # the first generation of every configuration, which must pass any gate
    assert wild.score < drawn.score
    assert (wild.policy_entropy, drawn.searched_share) == (None, 0)
    assert 0.1 < known(drawn.policy_entropy) < 0.9
    for quality in (drawn, wild):
        assert quality.length_place is not None
        assert value_of(quality, "phase_balance") == value_of(quality, "move_balance") == 1
        assert value_of(quality, "openings") == value_of(quality, "duplicates") == 1


def test_searched_games_are_the_best(tmp_path):
    path = publish_shard(tmp_path, header_of(CONFIG), random_records(CONFIG, 20)).path
    quality = shard_quality(path, None)
    assert (quality.searched_share, quality.grade) == (1, "excellent")
    assert quality == shard_quality(read_packed(path), None)


def test_damaged_games_lose_what_was_damaged(shards):
    shard = read_packed(shards["bootstrap"])
    whole = shard_quality(shard, None)

    by_one_seat = tuple(game for game in shard.games if game.winner == 1)
    one_seat = shard_quality(replace(shard, games=by_one_seat * 2), None)
    assert value_of(one_seat, "seats") == 0
    assert one_seat.duplicate_share == 0.5

    alike = tuple(
        replace(game, moves=np.concatenate((shard.games[0].moves[:24], game.moves[24:]))) for game in shard.games
    )
    openings = shard_quality(replace(shard, games=alike), None)
    assert openings.distinct_openings == 1 / 60
    assert openings.duplicate_share == 0

    unfinished = tuple(replace(game, winner=0, how=NOT_OVER) for game in shard.games)
    cut = shard_quality(replace(shard, games=unfinished), None)
    assert (cut.decisive_share, cut.truncated_share, cut.seat_deviation) == (0, 1, None)

    repeated = shard_quality(replace(shard, games=shard.games[:1] * 60), None)
    assert max(repeated.score, cut.score) < 0.5 < min(one_seat.score, openings.score) < whole.score
    assert repeated.grade == cut.grade == "unusable"


def test_shards_are_judged_together_and_by_player(shards, index):
    paths = list(shards.values())
    both = games_quality(paths, index)
    assert (both.games, both.length_place) == (120, None)  # nothing is left to compare with
    by_player = quality_by_player(paths, index)
    assert by_player.worst == "random"
    assert by_player.by_setting["random"] == shard_quality(shards["random"], None)
