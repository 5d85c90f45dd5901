"""`ringrift elo` in a folder as an operator has it: two other nodes, one of them reached by ssh."""

import json
import sqlite3
from contextlib import closing

import pytest

from ringrift_engine.evaluation.match_log import MatchLog
from ringrift_engine.promotion.registry import Registry
from tests.ringrift_engine.cli.conftest import ringrift, told
from tests.support.logs import PLAYERS, drawn_games, other_outcome, write_log
from tests.support.sshd import HOST, running_sshd

CONFLICTS = drawn_games(range(100, 103))


def settings(root, *more):
    nodes = [
        f"{{name: attic, path: {root / 'attic'}, role: store}}",
        f"{{name: gone, path: {root / 'gone'}, role: store}}",
        *more,
    ]
    return "nodes:\n" + "".join(f"  - {node}\n" for node in nodes)


@pytest.fixture
def nodes(folder):
    """Our log, that of the node attic with other luck and three conflicts, and a node that has no log."""
    write_log(folder.data / "matches.db", [*drawn_games(range(60)), *CONFLICTS])
    theirs = [*drawn_games(range(40, 140), players=PLAYERS[::-1], seed=1)]
    others = [game for game in theirs if game.play_seed not in {one.play_seed for one in CONFLICTS}]
    fresh = [game for game in others if game.opening_seed >= 60]
    write_log(folder.root / "attic" / "matches.db", [*fresh, *map(other_outcome, CONFLICTS)], at=5_000.0)
    folder.set_up(settings(folder.root))
    return folder


def games_of(path):
    with MatchLog(path) as log:
        return log.games()


@pytest.mark.usefixtures("nodes")
def test_status_shows_ratings_nodes_and_what_is_missing():
    facts = told("elo", "status")
    (pool,) = facts["pools"]
    assert (pool["config_key"], pool["games"], pool["participants"], pool["anchored"]) == ("hex8_2p", 63, 8, True)
    elos = [row["elo"] for row in pool["strongest"]]
    assert len(elos) == 5
    assert elos == sorted(elos, reverse=True)
    assert [node["last_sync"] for node in facts["nodes"]] == [None, None]
    text = ringrift("elo", "status", "--limit", "8").output
    assert "hex8_2p: 63 games of 8 participants\n" in text
    assert "1200  1200 to 1200  heuristic(profile=default)" in text
    assert "attic  never read  " in text


def test_checking_measures_tells_by_its_exit_status_and_imports_nothing(nodes):
    before = games_of(nodes.data / "matches.db")
    result = ringrift("elo", "check-drift", "--host", "attic", "--json")
    assert result.exit_code == 3
    (record,) = json.loads(result.stdout)
    assert record["is_significant"]
    assert (record["config_key"], record["target"], record["participants_in_both"]) == ("hex8_2p", "attic", 8)
    assert games_of(nodes.data / "matches.db") == before
    assert told("elo", "check-drift", "--host", "attic", "--board-type", "square8") == []
    same = ringrift("elo", "check-drift", "--path", nodes.data / "matches.db", "--num-players", "2")
    assert same.exit_code == 0
    assert "hex8_2p: drift 0.0 Elo (mean 0.0) over 8 players, 63 games here, 63 there" in same.output
    assert ringrift("elo", "check-drift", "--host", "attic", "--path", nodes.data / "matches.db").exit_code == 2


def test_sync_of_one_node_conflicts_and_trend(nodes):
    result = told("elo", "sync", "--host", "attic", "--resolution", "skip")
    counts = [result[f"matches_{name}"] for name in ("added", "skipped", "conflict", "resolved")]
    assert counts == [77, 0, 3, 0]
    assert len(games_of(nodes.data / "matches.db")) == 140
    assert len(told("elo", "conflicts", "--open")) == 3
    assert told("elo", "status")["open_conflicts"] == 3
    decided = told("elo", "sync", "--host", "attic")  # the settings' own: last_write_wins
    assert (decided["matches_resolved"], decided["matches_replaced"]) == (3, 3)  # theirs were logged later, at 5,000
    rows = told("elo", "conflicts", "hex8_2p", "--limit", "3")
    assert [row["decided"] for row in rows] == [True] * 3
    text = ringrift("elo", "conflicts").output
    assert text.count("open") == 3
    assert text.count(" stands") == 3
    assert told("elo", "conflicts", "square8_2p") == []
    trend = told("elo", "trend")
    (history,) = trend["drift"]
    assert (history["key"], history["snapshot_count"], history["trend"]) == ("hex8_2p@attic", 2, "unknown")
    assert "hex8_2p@attic" in ringrift("elo", "trend", "hex8_2p").output
    assert told("elo", "trend", "square8_2p") == {"drift": [], "promoted": []}
    assert "attic  read" in ringrift("elo", "status").output


def test_reconciling_all_goes_on_after_a_node_that_fails_and_ends_with_1(nodes):
    result = ringrift("elo", "reconcile-all")
    assert result.exit_code == 1
    assert result.output.startswith("1 of 2 nodes read in ")
    assert "gone: failed: gone: there is no match log at" in result.output
    assert "attic: 77 games added" in result.output
    only = ringrift("elo", "reconcile-all", "--hosts", "attic", "--json")
    assert only.exit_code == 0
    assert json.loads(only.stdout)["nodes_synced"] == ["attic"]
    with Registry(nodes.data / "registry.db") as registry:
        assert [row.facts["node"] for row in registry.history("elo_sync")] == ["attic", "gone", "attic"]


def test_over_ssh_by_the_settings_alone(nodes, tmp_path_factory):
    with running_sshd(tmp_path_factory.mktemp("sshd")) as server:
        rack = f'{{name: rack1, ssh: "{HOST}:{nodes.root / "attic"}", role: generate}}'
        extra = f"reconciliation: {{ssh_config: {server.config}, conflict_resolution: raise}}\n"
        nodes.set_up(settings(nodes.root, rack) + extra)
        refused = ringrift("elo", "sync", "--host", "rack1")
        assert refused.exit_code == 1
        assert "3 games have another outcome there" in refused.output
        assert told("elo", "sync", "--host", "rack1", "--resolution", "first_write_wins")["matches_added"] == 77
        checked = ringrift("elo", "check-drift", "--host", "rack1", "--board-type", "hex8")
        assert checked.exit_code == 3
        assert checked.output.startswith("rack1  hex8_2p: drift ")


def test_the_old_platforms_games_are_shown_apart(nodes):
    source = nodes.root / "unified_elo.db"
    with closing(sqlite3.connect(source)) as connection, connection:
        connection.execute(
            "CREATE TABLE match_history (participant_a TEXT, participant_b TEXT, winner TEXT, board_type TEXT, "
            "num_players INTEGER, timestamp REAL)"
        )
        rows = [("random", "canonical_hex8_2p", "canonical_hex8_2p", "hex8", 2, float(n)) for n in range(9)]
        connection.executemany("INSERT INTO match_history VALUES (?, ?, ?, ?, ?, ?)", rows)
    result = ringrift("elo", "sync", "--unified-elo", source)
    assert result.exit_code == 0
    assert "9 games added, 0 known, 0 left out" in result.output
    assert "not in that file: seats, openings and seeds" in result.output
    facts = told("elo", "status")
    assert [pool["games"] for pool in facts["pools"]] == [63]
    assert [(pool["pool"], pool["games"]) for pool in facts["old_platform"]] == [("unified_elo/hex8_2p", 9)]
    assert "unified_elo/hex8_2p: 9 games of 2 names, not comparable" in ringrift("elo", "status").output


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("sync",), 2, "name one of --host, --path and --unified-elo"),
        (("sync", "--host", "atic"), 1, "unknown node 'atic'. Nearest: 'attic'"),
        (("sync", "--host", "gone"), 1, "there is no match log at"),
        (("check-drift", "--host", "gone"), 1, "there is no match log"),
        (("reconcile-all", "--hosts", "atic"), 1, "unknown node 'atic'. Nearest: 'attic'"),
        (("status", "hex9_2p"), 1, "unknown configuration 'hex9_2p'"),
    ],
)
@pytest.mark.usefixtures("nodes")
def test_what_is_wrong_is_said_in_one_line(words, code, said):
    result = ringrift("elo", *words)
    assert result.exit_code == code
    assert said in result.output
    assert "Traceback" not in result.output


def test_looking_makes_no_log(folder):
    for command in ("status", "conflicts", "trend"):
        assert ringrift("elo", command).exit_code == 0
    assert not (folder.data / "matches.db").exists()


def test_without_nodes_the_commands_say_so(folder):
    write_log(folder.data / "matches.db", drawn_games(range(10)))
    for command in ("reconcile-all", "check-drift"):
        result = ringrift("elo", command)
        assert result.exit_code == 1
        assert "ringrift.yaml lists no nodes" in result.output
    assert "nodes: none in ringrift.yaml" in ringrift("elo", "status").output
