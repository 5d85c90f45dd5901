"""`ringrift promote` over a data root that a cycle of stand-ins made, and over one with nothing in it."""

import json
import shutil
from dataclasses import replace

import pytest
from click.testing import CliRunner

from ringrift_assets.cli.advice import ADVICE
from ringrift_assets.cli.promote import promote_command
from ringrift_assets.registry import Registry
from ringrift_engine.cli.main import Commands
from ringrift_engine.evaluation.match_log import MatchLog
from ringrift_engine.promotion import criteria
from ringrift_engine.promotion.controller import CHECK, EXECUTION
from ringrift_engine.promotion.tiers import LADDER
from tests.support.cycle import ASSETS, QUICK, Place
from tests.support.stand_ins import StandInWorkers, made_games

KEY = "hex8_2p"
NEEDS_FEW = "promotion: {min_games: 10}\n"


def call(*arguments):
    """Exit status and output of the command, under the group that turns errors into a line."""
    group = Commands(commands={"promote": promote_command})
    done = CliRunner().invoke(group, ["promote", *arguments], catch_exceptions=False)
    return done.exit_code, done.output


@pytest.fixture(scope="module")
def cycle(tmp_path_factory):
    """Data of a cycle that ended before the decision: made once, copied for every test."""
    made = Place(tmp_path_factory.mktemp("cycle"))
    assert made.run(selection=ASSETS[:6]).success
    return made.data


@pytest.fixture
def measured(folder, cycle):
    """A candidate that was measured and not decided about."""
    folder.set_up(NEEDS_FEW)
    shutil.copytree(cycle, folder.data)
    return folder


def candidate(place):
    return next(iter(place.manifest("checkpoints")["files"].values()))


def rows(place, subject):
    with Registry().open(place.store) as registry:
        return [row.facts for row in registry.history(subject, KEY)]


def promoted(place):
    return Registry().promoted(place.store, KEY)


def test_a_check_decides_and_leaves_everything_as_it_is(measured):
    status, said = call(KEY, "--check")
    assert status == 0
    assert f"model {candidate(measured)[:12]} to production" in said
    assert "ok  random_floor" in said
    assert said.rstrip().endswith("would become production")
    assert promoted(measured) == ""
    assert len(rows(measured, CHECK)) == 1
    assert rows(measured, EXECUTION) == []


def test_a_dry_run_is_an_execution_that_does_nothing(measured):
    status, said = call(KEY, "--dry-run", "--json")
    told = json.loads(said)
    assert (status, told["mode"], told["moved"], told["promoted"]) == (0, "dry run", False, True)
    assert promoted(measured) == ""
    assert [row["result"] for row in rows(measured, EXECUTION)] == ["dry_run"]


def test_without_an_option_it_is_done(measured):
    status, said = call(KEY, candidate(measured)[:8])
    assert (status, said.splitlines()[-1]) == (0, "is production now")
    assert promoted(measured) == candidate(measured)
    status, said = call(KEY)
    assert status == 3  # a model is not stronger than itself
    assert "new_model" in said


def test_a_refusal_says_what_failed_and_ends_with_a_status_of_its_own(measured):
    measured.set_up("promotion: {min_games: 50}\n")
    status, said = call(KEY)
    assert status == 3
    assert "FAIL  random_floor" in said
    assert "at least 50 games are needed" in " ".join(said.split())
    assert said.splitlines()[-1] == "refused"
    assert promoted(measured) == ""


def test_an_explanation_says_what_to_do_about_each_criterion(measured):
    measured.set_up("promotion: {min_games: 50}\n")
    status, said = call(KEY, "--explain")
    assert status == 3
    assert "random_floor: games won against the random player (evaluation.win_rate_random" in said
    assert said.count("-> ") == 2
    assert rows(measured, EXECUTION) == []


def test_an_override_is_recorded_with_its_reason(measured):
    measured.set_up("promotion: {min_games: 50}\n")
    assert call(KEY, "--override", "to try the monitor")[0] == 0
    assert promoted(measured) == candidate(measured)
    with Registry().open(measured.store) as registry:
        assert registry.pointer_history(KEY)[-1].kind == "override"


def test_a_model_that_nobody_measured_is_refused_for_that(measured):
    with Registry().open(measured.store) as registry:
        path = "checkpoints/other.safetensors"
        (measured.data / path).write_bytes(b"")
        empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        registry.register(empty, KEY, path, {})
    status, said = call(KEY, "e3b0", "--check")
    assert status == 3
    assert "no games against the random player, 10 needed" in said


def test_a_swapped_file_is_refused_with_its_reason(measured):
    (path,) = (measured.data / "checkpoints" / KEY).glob("*.safetensors")
    path.write_bytes(b"another network")
    status, said = call(KEY)
    assert status == 3
    assert "it was swapped under its name" in " ".join(said.split())
    assert promoted(measured) == ""


def test_a_gauntlet_in_which_games_broke_down_is_refused_with_its_reason(measured):
    path = measured.data / "gauntlet_results" / KEY / "latest.json"
    manifest = json.loads(path.read_text())
    manifest["report"]["games_finished"] -= 3
    path.write_text(json.dumps(manifest))
    status, said = call(KEY)
    assert status == 3
    assert "3 games broke down; a crash is nobody's loss, so play the match again" in " ".join(said.split())
    assert promoted(measured) == ""


def test_a_tier_is_decided_by_the_match_log(measured):
    assert call(KEY, "--type", "tier")[0] == 3
    games = made_games([candidate(measured), "x"], 100, 0.8, purpose="command line", run_id="evaluate")
    opponent = LADDER[0].participant
    with MatchLog(measured.data / "matches.db") as log:
        log.record(
            [replace(game, seats=tuple(who if who.model != "x" else opponent for who in game.seats)) for game in games]
        )
    status, said = call(KEY, "--type", "tier")
    assert (status, said.splitlines()[-1]) == (0, "is D2 now")
    status, said = call(KEY, "--type", "tier", "--check")
    assert status == 3
    assert "heuristic, the opponent of D2" in said


@pytest.mark.usefixtures("measured")
def test_an_empty_tournament_makes_no_champion():
    status, said = call(KEY, "--type", "champion")
    assert status == 3
    assert "the tournament has no games" in said


def test_a_tournament_makes_its_winner_the_champion(measured):
    models = [candidate(measured), "f" * 64]
    with MatchLog(measured.data / "matches.db") as log:
        log.record(made_games(models, 60, 0.1, purpose="tournament", run_id="an older one"))
        log.record(made_games(models, 60, 0.8, purpose="tournament", run_id="the newest"))
    status, said = call(KEY, "--type", "champion")
    assert (status, said.splitlines()[-1]) == (0, "is champion now")


@pytest.mark.usefixtures("folder")
def test_nothing_is_decided_where_there_is_nothing():
    status, said = call(KEY)
    assert status == 1
    assert "hex8_2p has no checkpoint yet" in said
    status, said = call(KEY, "--type", "rollback")
    assert status == 1
    assert "nothing to go back to" in said
    assert call(KEY, "--check", "--dry-run")[0] == 2


def test_every_criterion_has_its_advice():
    names = {
        value
        for name, value in vars(criteria).items()
        if name.isupper() and isinstance(value, str) and not name.startswith("_")
    }
    assert set(ADVICE) == names - {criteria.OVERRIDE}


def test_many_refusals_are_told_as_such(measured):
    from ringrift_assets.cli.advice import advice_for
    from tests.support.promoted import decision

    with Registry().open(measured.store) as registry:
        for number in range(20):
            sha256 = f"{number:064x}"
            registry.register(sha256, KEY, "x", {})
            registry.record_decision(KEY, decision(sha256, promoted=number < 4), "run")
        (advice,) = advice_for(decision("a" * 64), registry, KEY)
        assert "16 of the latest 20 decisions refused: random_floor 16 times" in advice.asks
        registry.register("9" * 64, KEY, "x", {})
        registry.record_decision(KEY, decision("9" * 64), "run")
        assert advice_for(decision("a" * 64), registry, KEY) == (advice,)


def test_refusals_of_the_asset_are_those_of_the_command(measured):
    weak = StandInWorkers(wins={"random": [5, 5], "heuristic": [7, 7], "promoted": [10, 10]})
    measured.workers = weak
    assert measured.run(config={**QUICK, "gauntlet_results": {"seed": 1}}, selection=ASSETS[5:]).success
    status, said = call(KEY, "--check", "--json")
    told = json.loads(said)
    with Registry().open(measured.store) as registry:
        asset = registry.decisions(KEY)[-1].decision
    assert status == 3
    assert told["criteria"] == [result.to_json() for result in asset.criteria]
