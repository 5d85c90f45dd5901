"""ringrift play for a person: scripted through standard input, once through a real terminal."""

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from ringrift_engine import BoardConfig, Game, models
from ringrift_engine.cli.main import main
from ringrift_engine.cli.play.terminal import Adviser, Terminal
from ringrift_engine.errors import DataError
from ringrift_engine.interactive.saving import read_game
from ringrift_engine.interactive.seats import Seat
from ringrift_engine.interactive.session import Session
from ringrift_engine.players.random import RandomPlayer
from tests.ringrift_engine.interactive.scripted import HEX8, Leaning, person_against_random

ROOT = Path(__file__).parents[4]
AGAINST_RANDOM = ("play", "hex8_2p", "--seats", "human,random", "--seed", "3")
SAVED = "hex8_2p-seed3.game.json"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch) -> Path:
    """The folder that everything is saved in; there is no data root."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RINGRIFT_DATA_ROOT", str(tmp_path / "nowhere"))
    return tmp_path


def typed(*lines, arguments=AGAINST_RANDOM):
    """What a game says to these lines, after which the input ends; it must end well."""
    result = CliRunner().invoke(main, list(arguments), input="".join(f"{line}\n" for line in lines))
    assert result.exit_code == 0, result.output
    return result.stdout


def moves_in(name):
    return json.loads(Path(name).read_text())["moves"]


def test_a_person_plays_and_programs_answer():
    output = typed("P 40 2", "M 40 4", "save a.json")
    assert "you (player 1): P 40 2 (place_ring)" in output
    assert "by itself, player 1: NL (no_line_action), NT (no_territory_action)" in output
    assert re.search(r"  player 2: P \d+ \d \(place_ring\)", output)
    game = Game(HEX8)
    for text in moves_in("a.json"):
        game.apply(next(move for move in game.legal_moves() if str(move) == text))
    assert str(game) in output
    assert game.current_player == 1


def test_a_number_is_the_move_that_the_list_shows():
    first = typed("moves 40")
    assert "    91  P 40 1  (place_ring)" in first
    assert "you (player 1): P 40 1 (place_ring)" in typed("91")


def test_errors_are_told_and_change_nothing():
    output = typed("P", "M 1 2", "999", "undo", "hint now", "moves 3", "save")
    for message in (
        "183 moves begin so: P 4 1",
        "'M 1 2' is neither a command nor the beginning of a move",
        "No move has the number 999",
        "There is nothing to take back",
        "`hint` takes nothing more",
        "no such moves",
    ):
        assert message in output
    assert moves_in(SAVED) == []


def test_taking_back_shows_the_position_before_the_last_decision():
    output = typed("P 40 2", "undo", "save a.json")
    assert "taken back: 1 moves" in output
    assert moves_in("a.json") == []
    boards = re.findall(r"hex8_2p  turn.*?\n\n.*?\n\n", output, flags=re.DOTALL)
    assert boards[0] == boards[2] != boards[1]


def test_the_end_of_the_input_saves_the_game_and_resuming_goes_on():
    ended = typed("P 40 2")
    assert f"saved: `ringrift play --resume {SAVED}` goes on" in ended
    assert moves_in(SAVED) == ["P 40 2"]
    again = typed("M 40 4", "quit", arguments=("play", "--resume", SAVED))
    assert "1:2" in again
    assert moves_in(SAVED)[:4] == ["P 40 2", "M 40 4", "NL", "NT"]
    straight = typed("P 40 2", "M 40 4", "save b.json")
    assert moves_in("b.json") == moves_in(SAVED), straight


def test_looking_without_playing_saves_nothing(folder):
    typed("help", "moves", "board", "quit")
    typed(arguments=(*AGAINST_RANDOM, "--opening", "3"))
    assert list(folder.iterdir()) == []


def test_games_that_are_saved_by_themselves_never_replace_others():
    typed("P 40 2")
    typed("P 40 3")
    assert moves_in(SAVED) == ["P 40 2"]
    assert moves_in("hex8_2p-seed3-2.game.json") == ["P 40 3"]


def test_giving_up_ends_the_game_and_can_be_taken_back():
    output = typed("P 40 2", "resign", "M 40 4", "undo", "resign", "save a.json", "quit")
    assert output.count("You (player 1) resigned: player 2 won.") == 2
    assert "There is nothing to play any more." in output
    assert "taken back: the resignation" in output
    assert read_game(Path("a.json")).resigned == 1
    assert "You (player 1) resigned" in typed(arguments=("play", "--resume", "a.json"))


def test_a_game_is_played_to_its_end_and_says_why_it_ended(folder):
    game, session = Game(HEX8), person_against_random(10_000, seed=3)
    lines = [str(played.move) for played in session.played if played.by == "person"]
    for played in session.played:
        game.apply(played.move)
    output = typed(*lines, "hint", "save a.json")
    assert f"won after {len(session.played)} moves" in output
    assert str(game) in output
    assert f"({game.how})." in output
    assert "There is nothing to decide any more." in output
    assert [path.name for path in folder.iterdir()] == ["a.json"]
    facts = CliRunner().invoke(main, ["play", "--resume", "a.json", "--ply", "9", "--json"])
    shown = json.loads(facts.stdout)
    assert (shown["ply"], shown["moves"], shown["winner"]) == (9, len(session.played), game.winner)
    assert shown["players"] == ["human", "random"]


def test_programs_may_finish_what_a_person_began():
    typed("P 40 2")
    resume = ["play", "hex8_2p", "--resume", SAVED, "--seats", "random", "--json"]
    facts = json.loads(CliRunner().invoke(main, resume).stdout)
    assert facts["winner"] in (1, 2)
    assert facts["turns"][0]["moves"][0] == "P 40 2"
    assert moves_in(SAVED) == ["P 40 2"]


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        ((), 2, "Name a configuration"),
        (("hex8_2p", "--json"), 2, "--json is for games between programs"),
        (("hex8_2p", "--ply", "3"), 2, "--ply is for games between programs"),
        (("hex8_2p", "--seats", "human,human,human"), 1, "hex8_2p has 2 seats"),
        (("hex8_2p", "--seats", "human,hueristic"), 1, "unknown player kind 'hueristic'"),
        (("hex8_2p", "--simulations", "9"), 1, "Nobody takes 9 simulations"),
        (("hex8_2p", "--temperature", "0.5"), 1, "A temperature changes nothing"),
        (("hex8_2p", "--seats", "human,search:shipped"), 1, "no model of hex8_2p ships with the package"),
        (("--resume", "game.json", "--seed", "4"), 2, "--seed cannot be changed"),
        (("--resume", "game.json", "--opening", "4"), 2, "--opening cannot be changed"),
        (("square8_2p", "--resume", "game.json"), 1, "a game of hex8_2p, not of square8_2p"),
        (("--resume", "torn.json"), 1, "torn, or no saved game"),
        (("--resume", "missing.json"), 2, "does not exist"),
        (("--resume", "game.json", "--ply", "7"), 1, "--ply takes 0 to 1"),
    ],
)
def test_what_cannot_be_played_is_refused_before_the_game(arguments, status, message, monkeypatch, folder):
    monkeypatch.setattr(models, "FOLDER", folder)
    typed("P 40 2", "save game.json")
    Path("torn.json").write_text(Path("game.json").read_text()[:50])
    result = CliRunner().invoke(main, ["play", *arguments], input="")
    assert result.exit_code == status
    assert message in result.output
    assert isinstance(result.exception, SystemExit)


def test_a_seat_with_another_player_than_before_is_told():
    typed("P 40 2")
    facts = json.loads(Path(SAVED).read_text())
    Path(SAVED).write_text(json.dumps({**facts, "players": ["human", "random(old)"]}))
    result = CliRunner().invoke(main, ["play", "--resume", SAVED], input="")
    assert "seat 2 was random(old) and is random" in result.stderr


def test_the_page_shows_a_game_that_was_really_played():
    page = (ROOT / "docs" / "playing.md").read_text()
    arguments, block = re.search(r"<!-- transcript: (.*?) -->\n```\n(.*?)```", page, flags=re.DOTALL).groups()
    lines = [line[2:] for line in block.splitlines() if line.startswith("> ") and not line.startswith("> player")]
    parts = block.split("...\n")
    output = typed(*lines, arguments=arguments.split())
    places = [output.find(part) for part in parts]
    assert -1 not in places
    assert places == sorted(places)
    assert len(lines) >= 6


# --- one terminal without the command, whose programs are made up


def at_terminal(monkeypatch, lines, opponent=None, adviser=None):
    """A game of a person against `opponent`, who types these lines; an exception among them is raised instead."""
    left = iter(lines)

    def next_line(_):
        line = next(left, None)
        if line is None:
            raise EOFError
        if isinstance(line, type):
            raise line
        return line

    monkeypatch.setattr("builtins.input", next_line)
    session, advisers = Session(HEX8, [None, opponent or RandomPlayer()]), iter([adviser or Leaning()])
    seats = [Seat("human"), Seat("random", "nobody else was there")]
    Terminal(session, seats, lambda: Adviser(next(advisers), "for want of others")).run()
    return session


def test_a_hint_is_loaded_once_and_shows_what_the_strongest_would_play(monkeypatch, capsys):
    session = at_terminal(monkeypatch, ["hint", "hint"], adviser=Leaning())
    output = capsys.readouterr().out
    best = Session(HEX8, [Leaning(), Leaning()]).step()
    told = f"  leaning: for want of others\n  would play {best.move}, win chance 80%\n"
    assert output.count(told) == 2
    assert session.played == ()
    assert "player 2: random: nobody else was there" in output


def test_an_interruption_saves_the_game_and_ends_without_an_error(monkeypatch, capsys):
    session = at_terminal(monkeypatch, ["P 40 2", KeyboardInterrupt])
    assert [played.by for played in session.played] == ["person"]
    assert "saved: `ringrift play --resume hex8_2p-seed0.game.json`" in capsys.readouterr().out


class Interrupted:
    """A program that never comes to a decision."""

    name = "interrupted"

    def __init__(self, error):
        self.error = error

    def choose(self, batch, rows, seeds):  # noqa: ARG002
        raise self.error


def test_an_interruption_while_a_program_thinks_loses_nothing(monkeypatch):
    at_terminal(monkeypatch, ["P 40 2", "M 40 4"], opponent=Interrupted(KeyboardInterrupt()))
    assert moves_in("hex8_2p-seed0.game.json") == ["P 40 2", "M 40 4", "NL", "NT"]


def test_a_program_that_fails_loses_nothing_and_says_why(monkeypatch):
    with pytest.raises(DataError, match="out of ideas"):
        at_terminal(monkeypatch, ["P 40 2", "M 40 4"], opponent=Interrupted(DataError("out of ideas")))
    assert moves_in("hex8_2p-seed0.game.json") == ["P 40 2", "M 40 4", "NL", "NT"]


def test_a_file_that_cannot_be_written_any_more_costs_no_game(monkeypatch, capsys):
    def lines():
        yield from ("P 40 2", "save below/a.json", "M 40 4")
        Path("below/a.json").unlink()
        Path("below").rmdir()
        Path("below").write_text("a file where the folder was")

    at_terminal(monkeypatch, lines())
    assert "below/a.json: cannot be written" in capsys.readouterr().out
    assert moves_in("hex8_2p-seed0.game.json")[:2] == ["P 40 2", "M 40 4"]


def test_quitting_a_game_that_cannot_be_saved_goes_on_with_it(monkeypatch, capsys):
    monkeypatch.setattr("ringrift_engine.cli.play.terminal._free_path", lambda *_: Path("/proc/no/a.json"))
    session = at_terminal(monkeypatch, ["P 40 2", "quit", "M 40 4", "save a.json", "quit", "never read"])
    assert "/proc/no/a.json: cannot be written" in capsys.readouterr().out
    assert [str(played.move) for played in session.played][:2] == moves_in("a.json")[:2] == ["P 40 2", "M 40 4"]


def test_a_hint_that_fails_is_told_and_the_game_goes_on(monkeypatch, capsys):
    at_terminal(monkeypatch, ["hint", "P 40 2"], adviser=Interrupted(DataError("out of ideas")))
    assert "  out of ideas\n" in capsys.readouterr().out
    assert moves_in("hex8_2p-seed0.game.json") == ["P 40 2"]


def test_slow_work_says_why_on_standard_error(monkeypatch, capsys):
    monkeypatch.setattr("ringrift_engine.cli.play.terminal._SLOW_S", 0.0)

    class Slow(Leaning):
        def choose(self, batch, rows, seeds):
            time.sleep(0.2)
            return super().choose(batch, rows, seeds)

    at_terminal(monkeypatch, ["hint"], adviser=Slow())
    told = capsys.readouterr()
    assert "compile its rules, once" in told.err
    assert "compile" not in told.out


# --- a model, and a real terminal


@pytest.mark.slow
def test_a_model_that_ships_is_who_plays_and_gives_hints(monkeypatch, folder):
    from ringrift_engine.encoding import ENCODER_VERSION, Encoding
    from ringrift_engine.nets.checkpoint import CheckpointHeader, save_checkpoint
    from ringrift_engine.nets.network import BoardNetwork
    from ringrift_engine.nets.settings import NetworkSettings

    small = NetworkSettings(blocks=1, channels=8, pooled_every=1, pooled_channels=4, head_channels=4, hidden=8)
    header = CheckpointHeader(config_key="hex8_2p", settings=small, encoder_version=ENCODER_VERSION)
    weights = BoardNetwork(small, Encoding(BoardConfig.from_key("hex8_2p"))).state_dict()
    sha256 = save_checkpoint(folder / "hex8_2p.safetensors", header, weights)
    monkeypatch.setattr(models, "FOLDER", folder)
    name = f"search(model={sha256[:12]},simulations=4,gumbel_scale=0)"
    lines, options = ["hint", "P 40 2", "M 40 4", "save a.json"], ("--simulations", "4")
    output = typed(*lines, arguments=("play", "hex8_2p", *options))
    assert f"player 2: {name}: it ships with the package" in output
    assert re.search(rf"  {re.escape(name)}: it ships .*\n  would play P \d+ \d, win chance \d+%\n", output)
    assert re.search(r"  player 2: P \d+ \d \(place_ring\), win chance by its own estimate \d+%", output)
    saved = read_game(Path("a.json"))
    assert (saved.seats, saved.players) == (("human", "search:shipped:4"), ("human", name))
    drawn = typed(*lines[1:3], "save b.json", arguments=("play", "hex8_2p", *options, "--temperature", "5"))
    assert moves_in("b.json") != moves_in("a.json"), drawn


def read_until(terminal, wanted, limit_s=600):
    """What a terminal shows until it shows `wanted`."""
    shown, end = b"", time.monotonic() + limit_s
    while wanted not in shown:
        ready, _, _ = select.select([terminal], [], [], max(0, end - time.monotonic()))
        assert ready, shown.decode()
        shown += os.read(terminal, 65_536)
    return shown.decode()


def test_in_a_real_terminal_control_c_saves_the_game(folder):
    terminal, other_end = pty.openpty()
    game = subprocess.Popen(
        [sys.executable, "-m", "ringrift_engine.cli.main", *AGAINST_RANDOM],
        stdin=other_end, stdout=other_end, stderr=other_end, cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TERM": "dumb"}, start_new_session=True,
        preexec_fn=lambda: os.close(os.open(os.ttyname(0), os.O_RDWR)),  # the terminal whose keys raise signals
    )  # fmt: skip
    os.close(other_end)
    try:
        read_until(terminal, b"181-183")
        os.write(terminal, b"P 40 2\n")
        assert "you (player 1): P 40 2" in read_until(terminal, b"move_stack: 18")
        os.write(terminal, b"\x03")
        last = read_until(terminal, b"goes on")
        assert game.wait(60) == 0
        assert "Traceback" not in last
        assert moves_in(folder / SAVED) == ["P 40 2"]
    finally:
        if game.poll() is None:
            game.send_signal(signal.SIGKILL)
        os.close(terminal)
