"""ringrift games: what it shows is what the shard holds."""

import pytest

from ringrift_engine import BoardConfig, Game
from ringrift_engine.records.shard import read_shard
from tests.ringrift_engine.cli.conftest import CONFIG, GAMES, ringrift, told


@pytest.fixture(scope="module")
def records(shard):
    return read_shard(shard)[1]


def replayed(turns) -> Game:
    """The game that the shown moves lead to, each looked up among the legal ones by its text."""
    game = Game(BoardConfig.from_key(CONFIG))
    for turn in turns:
        for text in turn["moves"]:
            assert game.current_player == turn["player"]
            (move,) = [move for move in game.legal_moves() if str(move) == text]
            game.apply(move)
    return game


def test_the_shown_moves_lead_to_the_recorded_result(shard, records):
    facts = told("games", "show", shard, "2")
    game = replayed(facts["turns"])
    assert facts["game_id"] == records[2].game_id
    assert facts["moves"] == facts["ply"] == len(records[2].moves)
    assert (game.winner, game.how) == (facts["winner"], facts["how"]) == (records[2].winner, game.how)
    assert facts["position"] == game.snapshot()


def test_a_game_is_found_by_the_beginning_of_its_id(shard, records):
    assert told("games", "show", shard, records[1].game_id[:10])["index"] == records[1].index


def test_at_a_ply_the_position_and_the_decision_there_are_shown(shard, records):
    decision = records[0].decisions[3]
    facts = told("games", "show", shard, "0", "--ply", str(decision.ply))
    game = replayed(facts["turns"])
    assert facts["position"] == game.snapshot()
    assert facts["board"] == str(game)
    assert facts["decision"]["choices"] == len(decision.policy)
    shares = [share for _, share in facts["decision"]["policy"]]
    assert shares[0] == pytest.approx(decision.policy.max(), abs=1e-4)
    assert {text for text, _ in facts["decision"]["policy"]} <= {str(move) for move in game.legal_moves()}


def test_the_text_shows_players_moves_board_and_choices(shard, records):
    ply = str(records[0].decisions[3].ply)
    text = ringrift("games", "show", shard, "0", "--ply", ply).output
    for line in ("seat 1: bootstrap", "turn   1  player 1  P ", f"after {ply} moves:", "next decision: 0 simulations"):
        assert line in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("99",), "no game has the place or id '99'; the file has 6 games"),
        (("zz",), "no game has the place or id 'zz'"),
        (("0", "--ply", "100000"), "--ply takes 0 to"),
    ],
)
def test_a_game_or_ply_that_is_not_there_is_an_error(shard, arguments, message):
    result = ringrift("games", "show", shard, *arguments)
    assert result.exit_code == 1
    assert message in result.output


def test_verify_names_the_damaged_shard_and_still_looks_at_the_others(shard, tmp_path):
    torn = tmp_path / shard.name
    content = bytearray(shard.read_bytes())
    content[len(content) // 2] ^= 255
    torn.write_bytes(content)
    result = ringrift("games", "verify", torn, shard)
    assert result.exit_code == 1
    assert f"DAMAGED  {torn}" in result.output
    assert f"sound    {shard}  {GAMES} games" in result.output


def test_verify_of_sound_shards_succeeds_for_files_and_folders(shard):
    (by_file,), (by_folder,) = told("games", "verify", shard), told("games", "verify", shard.parent)
    assert by_file == by_folder
    assert by_file["sound"]
    assert by_file["games"] == GAMES


def test_a_folder_without_shards_is_an_error(tmp_path):
    result = ringrift("games", "verify", tmp_path)
    assert result.exit_code == 1
    assert "no shards in" in result.output


def test_stats_counts_the_games_of_shards(shard, records):
    facts = told("games", "stats", shard)
    assert facts["games"] == GAMES
    assert facts["moves"] == sum(len(record.moves) for record in records)
    won = [sum(record.winner == seat for record in records) / GAMES for seat in (1, 2)]
    assert facts["win_share"] == pytest.approx(won)
    assert f"{GAMES} games in 1 shards" in ringrift("games", "stats", shard).output


def test_stats_of_a_configuration_reads_its_index_under_the_data_root(shard, tmp_path):
    from ringrift_engine.records.index import INDEX_NAME, update_index

    result = ringrift("games", "stats", CONFIG, "--data-root", tmp_path)
    assert result.exit_code == 1
    assert "no index of games" in result.output
    index = tmp_path / "synced_games" / CONFIG / INDEX_NAME
    index.parent.mkdir(parents=True)
    update_index([shard], index, BoardConfig.from_key(CONFIG))
    assert told("games", "stats", CONFIG, "--data-root", tmp_path)["games"] == GAMES


def test_stats_of_a_name_that_is_nothing_says_so():
    result = ringrift("games", "stats", "hex9_2p")
    assert result.exit_code == 1
    assert "'hex9_2p' is neither a file nor a configuration" in result.output
