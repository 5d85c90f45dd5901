"""Cycles with stand-ins for the engine: how many games, what comes of a fault, a request to end, a second command."""

import os
import signal
from pathlib import Path

import dagster as dg
import pytest

from ringrift_assets.definitions import build_defs
from ringrift_assets.learning.counted import count
from ringrift_assets.learning.cycles import LearningError, Work, learn
from ringrift_assets.learning.history import generations
from ringrift_assets.learning.plan import Goal
from ringrift_assets.learning.told import generations_text
from ringrift_assets.locks import exclusive
from ringrift_assets.outcomes import BLOCKED, OUTCOME_TAG
from ringrift_assets.registry import Registry
from ringrift_assets.resources import Storage
from ringrift_engine import models
from ringrift_engine.errors import DataError
from tests.support import stand_ins
from tests.support.stand_ins import ASKED, StandInWorkers

KEY = "hex8_2p"
SETTINGS = """
selfplay: {bootstrap_games: 5, bootstrap_batch: 2, searched_games: 4, searched_batch: 2}
training: {new_games: 4, needed_games: 4, needed_positions: 1, needed_held_out: 0}
evaluation: {win_rate_random: 0.5, win_rate_heuristic: 0.5}
promotion: {min_games: 10}
"""


class Here:
    """A folder of its own, its records in memory, and what was said."""

    def __init__(self, root: Path) -> None:
        self.storage, self.registry = Storage(root=str(root / "data")), Registry()
        self.workers = StandInWorkers()
        self.instance = dg.DagsterInstance.ephemeral()
        self.lines: list[str] = []
        self.root = root

    def learn(self, games, of=None, tell=None):
        work = Work(
            key=KEY, goal=Goal(games=games, generations=of), seed=0, storage=self.storage, registry=self.registry,
            log=self.root / "learn.log",
        )  # fmt: skip
        given = {"storage": self.storage, "registry": self.registry, "workers": self.workers}
        return learn(work, build_defs(given), self.instance, tell or self.lines.append)

    def rows(self):
        return generations(self.storage.store, self.registry, KEY)

    def shards(self):
        return sorted((self.root / "data" / "game_databases" / KEY).glob("*.db"))

    def runs(self):
        return [(run.job_name, run.status.value) for run in reversed(self.instance.get_runs())]


@pytest.fixture
def here(tmp_path, monkeypatch):
    for name in [name for name in os.environ if name.startswith(("DAGSTER_", "RINGRIFT_"))]:
        if name != "RINGRIFT_CACHE_DIR":
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ringrift.yaml").write_text(SETTINGS)
    monkeypatch.setattr(models, "FOLDER", tmp_path / "models")  # whatever ships
    ASKED.clear()
    return Here(tmp_path)


def test_two_cycles_play_exactly_the_games_and_every_network_is_judged(here):
    learnt = here.learn(9)
    assert (learnt.reached, learnt.asked_to_end, learnt.why) == (True, False, "")
    assert learnt.counted == count(here.storage, here.registry, KEY)
    rows = here.rows()
    assert [(row.generation, row.games) for row in rows] == [(1, 5), (2, 4)]
    assert all(row.promoted is not None and row.held_out_loss == 1.5 for row in rows)
    assert rows[0].promoted is True
    assert (rows[0].against["random"].wins, rows[0].against["random"].games) == (18, 20)
    assert rows[0].over_promoted is None  # there was none before
    assert rows[1].over_promoted is not None
    assert ASKED == ["play", "gather", "export", "combine", "train", "evaluate"] * 2
    assert [job for job, _ in here.runs()] == ["generate", "improve", "feedback"] * 2
    assert "0 of 9 games. Now a generation of games" in here.lines[0]
    said = "  gauntlet_results: 60 games, won against random 90.0%, heuristic 70.0%, without search heuristic 40.0%"
    assert said in here.lines
    head, *shown = generations_text(rows).splitlines()
    assert head.split()[-2:] == ["alone", "search-free"]
    assert [line.split()[-3:] for line in shown[:2]] == [["8/20", "-", "promoted"]] * 2


def test_given_again_it_plays_nothing_and_a_larger_number_goes_on(here):
    here.learn(5)
    ASKED.clear()
    assert here.learn(5).reached
    assert ASKED == []
    assert here.learn(7).counted.games == 7  # two more: less than a generation of the settings
    assert [row.games for row in here.rows()] == [5, 2]


def test_a_closed_gate_is_told_and_played_past(here):
    (here.root / "ringrift.yaml").write_text(SETTINGS.replace("new_games: 4", "new_games: 9"))
    learnt = here.learn(12)
    assert learnt.reached
    assert ASKED.count("train") == 1  # 5 games were too few, 10 enough, 2 more too few again
    told = [line for line in here.lines if "gate enough_new_games is closed: 5 new games" in line]
    assert len(told) == 1
    assert "What clears it: another `generate` run" in told[0]
    assert "gate enough_new_games is closed: 2 new games" in learnt.why


def test_generations_share_the_games(here):
    assert here.learn(11, of=2).reached
    assert [row.games for row in here.rows()] == [6, 5]


def test_a_refused_candidate_is_a_result_and_what_clears_it_is_told(here):
    here.workers = StandInWorkers(wins={"random": [1, 1], "heuristic": [1, 1], "promoted": [5, 5]})
    assert here.learn(9).reached
    assert [row.promoted for row in here.rows()] == [False, False]
    assert here.rows()[0].why.startswith("refused: ")
    assert any("refused: " in line for line in here.lines)
    assert any(line.startswith("what clears random_floor: ") for line in here.lines)
    assert "refused" in generations_text(here.rows())


@pytest.mark.parametrize("stage", ["play", "export", "evaluate"])
def test_whatever_breaks_the_same_command_goes_on_and_plays_no_game_twice(here, monkeypatch, stage):
    whole = getattr(stand_ins, stage)

    def breaks(*given):
        if stage == "play":  # two of three shards were published
            whole({**given[0], "batches": given[0]["batches"][:2]})
        raise DataError(f"{stage} broke")

    with monkeypatch.context() as patch:
        patch.setattr(stand_ins, stage, breaks)
        broken = here.learn(9)
    assert (broken.reached, broken.asked_to_end) == (False, False)
    assert f"{stage} broke" in broken.why
    before = here.shards()
    assert len(before) == (2 if stage == "play" else 3)
    assert here.learn(9).reached
    assert set(before) <= set(here.shards())
    assert [(row.generation, row.games) for row in here.rows()] == [(1, 5), (2, 4)]
    assert len(here.shards()) == 5  # 2 + 2 + 1 games, then 2 + 2
    runs_of_play = [job for job, _ in here.runs() if job == "generate"]
    assert len(runs_of_play) == (3 if stage == "play" else 2)  # no run finds that its games were played already


def test_a_request_to_end_ends_the_step_and_is_no_fault(here, monkeypatch):
    def asks(*_):
        os.kill(os.getpid(), signal.SIGINT)
        raise AssertionError("the step went on")

    handlers = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with monkeypatch.context() as patch:
        patch.setattr(stand_ins, "train", asks)
        learnt = here.learn(9)
    assert (learnt.reached, learnt.asked_to_end) == (False, True)
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == handlers
    (run, *_) = here.instance.get_runs()
    assert run.tags[OUTCOME_TAG] == BLOCKED
    assert here.learn(9).reached
    assert [row.games for row in here.rows()] == [5, 4]


def test_a_request_while_nothing_runs_is_not_lost(here):
    def asks(line):
        if "Now training" in line:
            os.kill(os.getpid(), signal.SIGTERM)

    assert here.learn(9, tell=asks).asked_to_end
    assert "evaluate" not in ASKED


def test_one_command_at_a_time(here):
    with exclusive(here.storage.store.lock("learn", KEY)), pytest.raises(LearningError, match="one at a time"):
        here.learn(5)
    assert here.learn(5).reached


def test_the_output_of_runs_is_in_the_log_and_not_on_the_terminal(here, capfd):
    here.learn(1)
    printed = capfd.readouterr()
    assert (printed.out, printed.err) == ("", "")
    assert "A stand-in does play." in (here.root / "learn.log").read_text()
