"""The UI of `dagster dev` in a browser, as the README describes it: pressing "Materialize", and reading a refusal.

One server for all tests. Its runs start real workers; what a press of a button did is read from the instance and from
the files that were made.
"""

import json
import sqlite3
from contextlib import closing

import pytest

from ringrift_engine.records.shard import read_packed
from tests.ringrift_assets.test_chain import TINY
from tests.support.browser import browser_page, screenshot
from tests.support.cycle import ASSETS
from tests.support.dagster_dev import dagster_dev

pytestmark = pytest.mark.slow
KEY = "hex8_2p"
GAMES = {"game_databases": {"games": 3, "batch_games": 2}}
# Each opponent gets one opening from both seats, so that three games are missing one: no luck can pass this.
REFUSED = {**{name: TINY[name] for name in ASSETS[2:] if name in TINY}, "promoted_models": {"min_games": 3}}
# Counted from the games themselves, not from the report that the check was made of.
WINS = """
SELECT count(*), sum(CASE winner WHEN 1 THEN seat_1 ELSE seat_2 END != opponent.id)
FROM games JOIN participants AS opponent ON opponent.id IN (seat_1, seat_2)
JOIN participants AS candidate ON candidate.id IN (seat_1, seat_2) AND candidate.name LIKE 'search%'
WHERE opponent.name LIKE ? AND run_id = ?"""


@pytest.fixture(scope="module")
def page():
    with browser_page() as opened:
        yield opened


@pytest.fixture(scope="module")
def server(page, tmp_path_factory):  # the page first: without a browser no server is started
    del page
    with dagster_dev(tmp_path_factory.mktemp("dagster_dev")) as running:
        yield running


@pytest.fixture(scope="module")
def played(page, server):
    """The run that a press of "Materialize" on `game_databases` started, and the games of each shard it made."""
    run = materialise(page, server, "game_databases", GAMES)
    shards = (server.folder / "data" / "game_databases" / KEY).glob("*.db")
    return run, sorted(len(read_packed(shard).games) for shard in shards)


@pytest.fixture(scope="module")
def synced(page, server, played):
    """The run that a press of "Materialize" on `synced_games` started, with no options given."""
    del played
    return materialise(page, server, "synced_games")


@pytest.fixture(scope="module")
def refused(server, synced):
    """The run of the rest of the cycle; its candidate is refused."""
    del synced
    return server.finished(server.launch(ASSETS[2:], KEY, REFUSED))


def materialise(page, server, asset, config=None):
    """Press "Materialize" on the page of an asset, choose the partition, and options where given; the ended run."""
    known = {run.run_id for run in server.runs()}
    page.goto(f"{server.url}/assets/{asset}")
    page.get_by_role("button", name="Materialize…").click()
    page.get_by_text("Select a partition").click()
    page.get_by_placeholder("Filter partitions").fill(KEY)
    page.get_by_text("Select all (1)").click()
    page.keyboard.press("Escape")
    if config:
        fill_in(page, config)
    screenshot(page, f"materialize-{asset}")
    page.get_by_role("button", name="Launch 1 run").click()
    page.get_by_text("Launched run").wait_for()
    (launched,) = {run.run_id for run in server.runs()} - known
    return server.finished(launched)


def fill_in(page, config):
    """Replace what stands in the dialog's editor of options; by one line, because the editor indents new ones."""
    options = json.dumps({"ops": {name: {"config": values} for name, values in config.items()}})
    page.get_by_text("Config", exact=True).click()
    page.get_by_role("button", name="Add config").click()
    page.locator(".CodeMirror").click()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(options)
    page.get_by_role("button", name="Save config").click()
    page.get_by_text("Config saved").wait_for()


def test_the_graph_shows_the_stages_from_left_to_right(page, server):
    page.goto(f"{server.url}/asset-groups")
    places = []
    for stage in ("games", "datasets", "training", "evaluation", "promotion"):
        node = page.locator("foreignObject").filter(has_text=stage)
        node.wait_for()
        places.append(node.bounding_box()["x"])
    assert places == sorted(places)
    screenshot(page, "graph")


def test_a_press_of_materialize_plays_the_games_that_it_was_told(page, server, played):
    run, games = played
    assert run.status == "SUCCESS"
    assert run.assets == {"game_databases"}
    assert run.tags["dagster/from_ui"] == "true"
    assert run.tags["dagster/partition"] == KEY
    assert server.materialised_by("game_databases", KEY) == [run.run_id]
    assert games == [1, 2]
    page.goto(f"{server.url}/assets/game_databases?view=partitions&partition={KEY}")
    row = page.get_by_role("row", name="games_added")
    row.wait_for()
    assert row.locator("td").all_inner_texts()[:2] == ["games_added", "3"]
    screenshot(page, "partition")


def test_a_press_of_materialize_needs_no_options(server, synced):
    assert synced.status == "SUCCESS"
    assert synced.assets == {"synced_games"}
    assert synced.tags["dagster/from_ui"] == "true"
    assert server.materialised_by("synced_games", KEY) == [synced.run_id]
    assert (server.folder / "data" / "synced_games" / KEY / "games.parquet").exists()


def test_runs_are_kept_in_the_folder_that_the_server_was_started_in(server, played):
    assert (server.folder / ".dagster" / "history" / "runs" / f"{played[0].run_id}.db").exists()


def test_a_refusal_is_a_success_that_shows_what_was_measured_and_needed(page, server, refused):
    assert refused.status == "SUCCESS"
    assert server.materialised_by("promoted_models", KEY) == []
    assert not list((server.folder / "data" / "promoted_models").rglob("*.safetensors"))
    page.goto(f"{server.url}/assets/promoted_models?view=checks&checkDetail=promotion_criteria")
    page.get_by_role("tab", name="Partitions").nth(1).click()  # the first is the asset's
    page.get_by_text(KEY, exact=True).first.click()
    page.get_by_text("Description", exact=True).wait_for()
    screenshot(page, "refusal")
    text = page.locator("body").inner_text()
    assert "refused: won " in text
    assert "at least 3 games are needed" in text
    for criterion, opponent, floor in (("random_floor", "random%", "0.75"), ("heuristic_floor", "heuristic%", "0.55")):
        games, wins = played_against(server, opponent, refused.run_id)
        row = page.get_by_role("row").filter(has_text=criterion).last
        name, passed, measured, needed, over, why = row.locator("td").all_inner_texts()
        assert (name, passed, measured, needed, over) == (criterion, "false", f"{wins / games:g}", floor, "2")
        assert f"won {wins / games:.1%} of 2 games" in why


def played_against(server, opponent, run_id):
    with closing(sqlite3.connect(server.folder / "data" / "matches.db")) as log:
        return log.execute(WINS, (opponent, run_id)).fetchone()
