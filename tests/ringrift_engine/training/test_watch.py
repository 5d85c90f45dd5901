"""Trainings that are ended early: by held-out losses, by games, or not at all; and which weights they publish."""

import math
from dataclasses import asdict, replace

import pytest
import torch

from ringrift_engine.boards import CONFIGS
from ringrift_engine.encoding import Encoding
from ringrift_engine.errors import DataError
from ringrift_engine.feedback.early_stop import early_stop
from ringrift_engine.feedback.history import OpponentResult
from ringrift_engine.feedback.settings import DEFAULTS
from ringrift_engine.nets.checkpoint import load_checkpoint, read_header
from ringrift_engine.nets.network import BoardNetwork
from ringrift_engine.training import train
from ringrift_engine.training.loop import evaluation_steps
from ringrift_engine.training.measure import HeldOut
from ringrift_engine.training.watch import Watch
from tests.ringrift_engine.training.synthetic import arrays_of, write_dataset
from tests.ringrift_engine.training.test_loop import KEY, NETWORK, QUICK

# A few rows seen very often: learnt by heart, while the loss of other rows rises.
BY_HEART = replace(
    QUICK, batch_size=8, epochs=30, learning_rate=0.05, symmetries=False, curve_points=10, background_evaluations=10
)
POINT = 120  # samples between two points: 30 x 40 rows, ten points
NEVER = replace(DEFAULTS, patience=1_000)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    return write_dataset(tmp_path_factory.mktemp("data") / "combined.npz", KEY, games=10)


class Scripted:
    """Evaluations with given wins of 20 games; keeps copies of the weights that it was shown, by samples."""

    def __init__(self, *wins, games=20):
        self.wins, self.games, self.shown = wins, games, {}

    def __call__(self, network, samples):
        wins = self.wins[len(self.shown)]
        self.shown[samples] = {name: value.clone() for name, value in network.state_dict().items()}
        return OpponentResult(opponent="heuristic", wins=wins, games=self.games)


def run(dataset, out, settings=BY_HEART, **options):
    return train(KEY, dataset, out, settings, network=NETWORK, **options)


def weights_of(path):
    return load_checkpoint(path, CONFIGS[KEY]).weights


def equal(first, second):
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)


@pytest.fixture(scope="module")
def whole(dataset, tmp_path_factory):
    """The training that nothing stops: its report, its last weights, and its weights at every point."""
    out, looking_on = tmp_path_factory.mktemp("whole") / "model", Scripted(*[10] * 10)
    report = run(dataset, out, stopping=NEVER, evaluate=looking_on)
    return report, weights_of(out), looking_on.shown


def test_a_training_that_learns_by_heart_stops_and_publishes_its_best_weights(dataset, tmp_path, whole):
    report = run(dataset, tmp_path / "model")
    unstopped, last, shown = whole
    losses = [point.held_out.total for point in unstopped.curve]
    taken = next(count for count in range(1, 11) if early_stop(losses[:count], DEFAULTS).stop)
    assert report.stopped.startswith("held-out losses: best held-out loss")
    assert report.curve == unstopped.curve[:taken]
    assert (report.samples, report.steps) == (unstopped.curve[taken - 1].samples, unstopped.steps * taken // 10)
    best = min(range(taken), key=losses.__getitem__)
    assert best == taken - 1 - DEFAULTS.patience
    assert losses[best] < losses[-1], "this training does not overfit: it tests nothing"
    assert report.saved_samples == unstopped.curve[best].samples
    published = weights_of(tmp_path / "model")
    assert equal(published, shown[report.saved_samples])
    assert not equal(published, last)
    assert not equal(published, shown[report.samples])
    assert report.held_out is not None
    assert report.held_out.losses.total == pytest.approx(losses[best], rel=1e-6)


def test_equal_trainings_stop_alike_with_any_number_of_threads(dataset, tmp_path):
    for name, threads in {"one": 1, "two": 2}.items():
        run(dataset, tmp_path / name, threads=threads)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_the_checkpoint_says_why_it_was_stopped_and_by_which_constants(dataset, tmp_path):
    stopping = replace(DEFAULTS, patience=2)
    report = run(dataset, tmp_path / "model", stopping=stopping)
    training = read_header(tmp_path / "model").training
    assert training["report"]["stopped"] == report.stopped
    assert training["report"]["saved_samples"] == report.saved_samples
    assert training["stopping"] == {"patience": 2, "least_improvement": 0.001, "background_games": 20}
    assert len(report.curve) == report.saved_samples // POINT + 2


def test_what_nobody_stops_publishes_its_last_weights(dataset, tmp_path, whole):
    unstopped, last, shown = whole
    assert (unstopped.stopped, unstopped.saved_samples) == ("", unstopped.samples)
    assert equal(last, shown[unstopped.samples])
    alone = run(dataset, tmp_path / "model", stopping=NEVER)
    assert equal(weights_of(tmp_path / "model"), last)
    assert alone.evaluations == ()
    assert replace(alone, evaluations=unstopped.evaluations).recorded() == unstopped.recorded()


def test_games_that_are_lost_more_and_more_stop_a_training(dataset, tmp_path, whole):
    falling = Scripted(15, 18, 17, 3)
    report = run(dataset, tmp_path / "model", stopping=NEVER, evaluate=falling)
    _, _, shown = whole
    points = sorted(shown)
    assert report.stopped.startswith("background evaluation: newest evaluation 15% of 20 games")
    assert [point.samples for point in report.curve] == points[:4]
    assert [(point.samples, point.result.wins) for point in report.evaluations] == list(
        zip(points, (15, 18, 17, 3), strict=False)
    )
    assert report.saved_samples == points[1]
    assert equal(weights_of(tmp_path / "model"), shown[points[1]])


def test_few_games_stop_nothing(dataset, tmp_path, whole):
    report = run(dataset, tmp_path / "model", stopping=NEVER, evaluate=Scripted(19, *[0] * 9, games=19))
    assert (report.stopped, len(report.evaluations)) == ("", 10)
    assert equal(weights_of(tmp_path / "model"), whole[1])


def test_without_held_out_rows_only_games_can_stop(tmp_path):
    arrays = arrays_of(KEY, games=10)
    in_training = {"held_out": arrays["held_out"] & False, "game_id": arrays["game_id"] // 20 * 20 + 1}
    dataset = write_dataset(tmp_path / "combined.npz", KEY, games=10, **in_training)
    settings = replace(BY_HEART, epochs=8, min_held_out_rows=0)
    assert run(dataset, tmp_path / "whole", settings, stopping=replace(DEFAULTS, patience=1)).stopped == ""
    report = run(dataset, tmp_path / "model", settings, evaluate=Scripted(20, 1))
    assert (len(report.curve), report.saved_samples) == (2, report.curve[0].samples)
    assert report.held_out is None


def test_a_training_found_to_be_worse_at_its_last_point_publishes_its_best(dataset, tmp_path, whole):
    unstopped, _, shown = whole
    report = run(dataset, tmp_path / "model", stopping=NEVER, evaluate=Scripted(*[18] * 9, 2))
    assert report.samples == unstopped.samples
    assert report.saved_samples == sorted(shown)[8]
    assert report.stopped


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_held_out_loss_that_is_not_finite_fails_like_a_training_loss(dataset, tmp_path, monkeypatch, bad):
    honest, asked = HeldOut.losses, []

    def breaks(self, network, rows):
        asked.append(rows)
        return replace(honest(self, network, rows), **({"total": bad} if len(asked) == 3 else {}))

    monkeypatch.setattr(HeldOut, "losses", breaks)
    out = tmp_path / "model"
    out.write_bytes(b"the model before")
    with pytest.raises(DataError, match=rf"after 45 of 150 steps the held-out loss is {bad}\. Nothing was written"):
        run(dataset, out)
    assert out.read_bytes() == b"the model before"


def test_games_overrule_losses_at_the_same_point():
    network = BoardNetwork(NETWORK, Encoding(CONFIGS[KEY]))
    watch = Watch(replace(DEFAULTS, patience=2), Scripted(5, 18, 2), {100, 200, 300})
    for samples, loss in ((100, 1.0), (200, 2.0)):
        assert watch.goes_on(samples, loss, network)
    assert not watch.goes_on(300, 2.0, network)
    assert watch.stopped.startswith("background evaluation")
    assert watch.best is not None
    assert watch.best.samples == 200


def test_games_are_played_at_points_of_the_curve_the_last_at_the_end():
    assert evaluation_steps(800, replace(QUICK, curve_points=8, background_evaluations=4)) == {200, 400, 600, 800}
    assert evaluation_steps(800, replace(QUICK, curve_points=8, background_evaluations=3)) == {300, 600, 800}
    assert evaluation_steps(800, replace(QUICK, curve_points=2, background_evaluations=9)) == {400, 800}
    assert evaluation_steps(1, QUICK) == {1}


def test_the_number_of_evaluations_is_obeyed(dataset, tmp_path):
    settings = replace(BY_HEART, epochs=2, background_evaluations=2)
    report = run(dataset, tmp_path / "model", settings, stopping=NEVER, evaluate=Scripted(10, 10))
    assert [point.samples for point in report.evaluations] == [report.samples // 2, report.samples]
    assert asdict(report.evaluations[0].result) == {"opponent": "heuristic", "wins": 10, "games": 20}
