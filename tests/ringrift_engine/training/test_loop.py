"""Whole trainings on small data: equal bytes, warm starts, settings that count, failures that leave everything as it
was.
"""

import itertools
import math
from dataclasses import asdict, fields, replace

import numpy as np
import pytest
import torch

from ringrift_engine.boards import CONFIGS
from ringrift_engine.encoding import Encoding
from ringrift_engine.errors import ConfigError, DataError
from ringrift_engine.files import sha256_of
from ringrift_engine.nets.checkpoint import load_checkpoint, read_header
from ringrift_engine.nets.network import BoardNetwork
from ringrift_engine.nets.settings import NetworkSettings
from ringrift_engine.progress import silent
from ringrift_engine.training import TrainingSettings, train
from ringrift_engine.training.loop import AveragedWeights, curve_steps, rate_at, row_batches
from tests.ringrift_engine.training.synthetic import arrays_of, write_dataset

KEY = "square8_2p"
NETWORK = NetworkSettings(blocks=1, channels=8, pooled_every=1, pooled_channels=4, head_channels=4, hidden=8)
QUICK = TrainingSettings(
    batch_size=16, epochs=1, average_samples=32, curve_points=2, min_rows=10, min_held_out_rows=10, precision="fp32"
)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    return write_dataset(tmp_path_factory.mktemp("data") / "combined.npz", KEY)


def run(
    dataset, out, settings=QUICK, previous=None, network: NetworkSettings | None = NETWORK, threads=1, progress=silent
):
    return train(KEY, dataset, out, settings, previous, threads, progress, network=network)


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("threads", [1, 2])
def test_equal_trainings_give_equal_bytes_with_any_number_of_threads(dataset, tmp_path, precision, threads):
    settings = replace(QUICK, precision=precision)
    names = {"first": 2, "second": threads}
    reports = [run(dataset, tmp_path / name, settings, threads=count) for name, count in names.items()]
    assert (tmp_path / "first").read_bytes() == (tmp_path / "second").read_bytes()
    assert reports[0].sha256 == reports[1].sha256 == sha256_of(tmp_path / "first")
    assert reports[0].recorded() == reports[1].recorded()


def test_the_report_says_what_was_done(dataset, tmp_path):
    calls = []
    report = run(dataset, tmp_path / "model", progress=lambda *call: calls.append(call))
    assert (report.training_rows, report.training_games) == (240, 48)
    assert (report.held_out_rows, report.held_out_games) == (60, 12)
    assert (report.steps, report.samples) == (15, 240)
    assert [point.samples for point in report.curve] == [128, 240]
    assert report.start == "from scratch: there is no previous model"
    assert report.samples_per_s > 0
    assert report.source == "combined_npz"
    assert report.inputs == {"combined_npz": sha256_of(dataset)}
    assert report.parameters == sum(weight.numel() for weight in BoardNetwork(NETWORK, encoding()).parameters())
    assert calls[0] == (f"training {KEY}", 0, 240, "samples")
    assert [done for _, done, _, _ in calls] == list(range(0, 241, 16))


def test_the_header_holds_settings_inputs_and_report_but_no_time(dataset, tmp_path):
    report = run(dataset, tmp_path / "model")
    header = read_header(tmp_path / "model")
    assert header.config_key == KEY
    assert header.settings == NETWORK
    assert header.architecture == report.architecture
    assert header.inputs == report.inputs
    assert header.training["settings"] == asdict(QUICK)
    assert header.training["report"]["held_out"] == asdict(report)["held_out"]
    assert "samples_per_s" not in header.training["report"]


@pytest.mark.slow
def test_a_network_learns_who_wins_and_which_move_is_best(tmp_path):
    dataset = write_dataset(tmp_path / "combined.npz", KEY, games=300)
    settings = replace(QUICK, epochs=30, batch_size=64, learning_rate=0.01, average_samples=1_000, symmetries=False)
    held_out = run(dataset, tmp_path / "model", settings).held_out
    assert held_out is not None
    assert held_out.losses.value < 0.75 * held_out.constant_value_loss
    assert held_out.winner_accuracy > 0.8
    gap = held_out.uniform_policy_loss - held_out.policy_entropy
    assert held_out.losses.policy < held_out.uniform_policy_loss - 0.7 * gap
    assert held_out.move_agreement > 0.8


# Another value for each setting that shapes the weights.
CHANGES = {
    "seed": 1,
    "batch_size": 24,
    "epochs": 2.0,
    "max_samples": 128,
    "learning_rate": 0.01,
    "warmup": 0.5,
    "weight_decay": 10.0,
    "gradient_clip": 0.01,
    "average_samples": 4_096,
    "value_weight": 0.5,
    "search_value_share": 0.0,
    "ownership_weight": 0.0,
    "score_weight": 0.0,
    "length_weight": 0.0,
    "next_move_weight": 0.0,
    "symmetries": False,
    "precision": "bf16",
}


def weights_of(dataset, path, settings):
    run(dataset, path, settings)
    return load_checkpoint(path, CONFIGS[KEY]).weights


@pytest.fixture(scope="module")
def base_weights(dataset, tmp_path_factory):
    return weights_of(dataset, tmp_path_factory.mktemp("base") / "model", QUICK)


@pytest.mark.parametrize("name", CHANGES)
def test_every_setting_that_should_changes_the_weights(name, dataset, tmp_path, base_weights):
    changed = weights_of(dataset, tmp_path / "model", replace(QUICK, **{name: CHANGES[name]}))
    assert any(not torch.equal(changed[key], base_weights[key]) for key in base_weights)


def test_measuring_more_often_changes_the_curve_and_not_the_weights(dataset, tmp_path, base_weights):
    report = run(dataset, tmp_path / "model", replace(QUICK, curve_points=5))
    weights = load_checkpoint(tmp_path / "model", CONFIGS[KEY]).weights
    assert len(report.curve) == 5
    assert all(torch.equal(weights[name], base_weights[name]) for name in weights)


def test_no_setting_is_without_a_test_of_its_effect():
    elsewhere = {"curve_points", "background_evaluations", "min_rows", "min_held_out_rows"}
    elsewhere |= {"device", "batch_by_memory"}  # test_group
    assert {field.name for field in fields(TrainingSettings)} == CHANGES.keys() | elsewhere


@pytest.mark.parametrize(
    ("name", "found"), [("min_rows", "240 training rows"), ("min_held_out_rows", "60 held-out rows")]
)
def test_too_few_rows_are_refused(name, found, dataset, tmp_path):
    with pytest.raises(DataError, match=f"{found}, 241 are needed; play more games of {KEY}"):
        run(dataset, tmp_path / "model", replace(QUICK, **{name: 241}))
    assert not list(tmp_path.iterdir())


def test_without_held_out_rows_nothing_is_measured_if_that_is_allowed(tmp_path):
    arrays = arrays_of(KEY, games=10)
    in_training = {"held_out": arrays["held_out"] & False, "game_id": arrays["game_id"] // 20 * 20 + 1}
    dataset = write_dataset(tmp_path / "combined.npz", KEY, games=10, **in_training)
    report = run(dataset, tmp_path / "model", replace(QUICK, min_held_out_rows=0))
    assert report.held_out is None
    assert all(point.held_out is None for point in report.curve)
    assert report.held_out_games == 0


def test_fewer_rows_than_a_batch_are_one_batch(tmp_path):
    dataset = write_dataset(tmp_path / "combined.npz", KEY, games=5)
    report = run(dataset, tmp_path / "model", replace(QUICK, batch_size=64, min_held_out_rows=0))
    assert (report.steps, report.samples) == (1, 20)


def test_training_on_an_export_is_told_apart(tmp_path):
    dataset = write_dataset(tmp_path / "export.npz", KEY, sample_weights=None)
    with pytest.raises(DataError, match="sample_weights"):
        run(dataset, tmp_path / "model")
    report = train(KEY, dataset, tmp_path / "model", QUICK, network=NETWORK, export=True)
    assert report.source == "npz_exports"
    assert read_header(tmp_path / "model").inputs == {"npz_exports": sha256_of(dataset)}


def test_a_previous_model_of_equal_architecture_gives_its_weights(dataset, tmp_path):
    first = run(dataset, tmp_path / "first", replace(QUICK, epochs=4))
    second = run(dataset, tmp_path / "second", replace(QUICK, learning_rate=1e-9), previous=tmp_path / "first")
    assert second.start == "previous model"
    assert second.inputs == {"combined_npz": sha256_of(dataset), "previous": first.sha256}
    before, after = (load_checkpoint(tmp_path / name, CONFIGS[KEY]).weights for name in ("first", "second"))
    assert all(torch.allclose(before[name], after[name], atol=1e-6) for name in before)


def test_a_previous_model_of_another_architecture_gives_nothing_and_the_report_says_so(dataset, tmp_path, base_weights):
    other = replace(NETWORK, channels=12)
    first = run(dataset, tmp_path / "first", network=other)
    second = run(dataset, tmp_path / "second", previous=tmp_path / "first")
    assert second.start.startswith(f"from scratch: the previous model {first.sha256[:12]} has the architecture")
    assert "channels=12" in second.start
    assert second.inputs == {"combined_npz": sha256_of(dataset)}
    weights = load_checkpoint(tmp_path / "second", CONFIGS[KEY]).weights
    assert all(torch.equal(weights[name], base_weights[name]) for name in weights)


def test_without_sizes_a_training_has_those_of_its_previous_model(dataset, tmp_path):
    run(dataset, tmp_path / "first")
    second = run(dataset, tmp_path / "second", previous=tmp_path / "first", network=None)
    assert second.start == "previous model"
    assert read_header(tmp_path / "second").settings == NETWORK


@pytest.fixture(scope="module")
def foreign(tmp_path_factory):
    """A training of another configuration of the family."""
    folder = tmp_path_factory.mktemp("foreign")
    data = write_dataset(folder / "combined.npz", "square8_3p")
    return folder / "model", train("square8_3p", data, folder / "model", QUICK, network=NETWORK)


def test_a_previous_model_of_another_configuration_gives_what_can_be_taken_over(dataset, tmp_path, foreign):
    model, report = foreign
    first = run(dataset, tmp_path / "first", replace(QUICK, learning_rate=1e-9), previous=model, network=None)
    short = report.sha256[:12]
    assert first.start == f"transferred from square8_3p {short}: 100 % of the weights taken over"
    assert first.inputs == {"combined_npz": sha256_of(dataset), "previous": report.sha256}
    before = load_checkpoint(model, CONFIGS["square8_3p"]).weights
    after = load_checkpoint(tmp_path / "first", CONFIGS[KEY]).weights
    assert torch.allclose(before["blocks.0.first.weight"], after["blocks.0.first.weight"], atol=1e-6)
    run(dataset, tmp_path / "second", replace(QUICK, learning_rate=1e-9), previous=model, network=None)
    assert (tmp_path / "first").read_bytes() == (tmp_path / "second").read_bytes()


def test_weights_of_another_configuration_are_not_forced_into_other_sizes(dataset, tmp_path, foreign):
    with pytest.raises(DataError, match=r"of square8_3p has a network of .*channels=8.* Leave the sizes out"):
        run(dataset, tmp_path / "second", previous=foreign[0], network=replace(NETWORK, channels=12))
    assert not (tmp_path / "second").exists()


def test_a_damaged_previous_model_is_an_error_and_not_a_fresh_start(dataset, tmp_path):
    (tmp_path / "first").write_bytes(b"nothing")
    with pytest.raises(DataError, match="first"):
        run(dataset, tmp_path / "second", previous=tmp_path / "first")


def test_a_loss_that_is_not_finite_stops_and_overwrites_nothing(dataset, tmp_path):
    out = tmp_path / "model"
    out.write_bytes(b"the model before")
    with pytest.raises(DataError, match=r"after \d+ of 15 steps the loss is .*nan.*Nothing was written.*learning_rate"):
        run(dataset, out, replace(QUICK, learning_rate=1e30))
    assert out.read_bytes() == b"the model before"
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_a_dataset_that_is_refused_overwrites_nothing(tmp_path):
    out = tmp_path / "model"
    out.write_bytes(b"the model before")
    foreign = write_dataset(tmp_path / "foreign.npz", "hex8_2p", games=5)
    with pytest.raises(DataError, match=f"not a dataset of {KEY}"):
        run(foreign, out)
    assert out.read_bytes() == b"the model before"


def test_no_threads_are_refused(dataset, tmp_path):
    with pytest.raises(ConfigError, match="at least 1 thread, not 0"):
        run(dataset, tmp_path / "model", threads=0)


def test_the_learning_rate_rises_to_one_and_falls_to_a_hundredth():
    rates = [rate_at(step, 100, 0.1) for step in range(100)]
    assert rates[:10] == pytest.approx([0.1 * step for step in range(1, 11)])
    assert all(later < earlier for earlier, later in itertools.pairwise(rates[9:]))
    assert rates[-1] == pytest.approx(0.01)
    assert rates[54] == pytest.approx(0.505)  # half of the way down
    assert rate_at(0, 1, 0.0) == 1


def test_batches_show_every_row_once_before_any_row_twice():
    rows = np.arange(100, 110)
    batches = list(itertools.islice(row_batches(rows, 4, seed=3), 5))
    seen = np.concatenate(batches)
    assert sorted(seen[:10]) == sorted(seen[10:]) == list(rows)
    assert seen[:10].tolist() != seen[10:].tolist()
    assert [len(batch) for batch in batches] == [4] * 5
    other = np.concatenate(list(itertools.islice(row_batches(rows, 4, seed=4), 5)))
    assert other.tolist() != seen.tolist()


def test_the_curve_is_measured_evenly_and_at_the_end():
    assert curve_steps(100, 4) == {25, 50, 75, 100}
    assert curve_steps(3, 8) == {1, 2, 3}
    assert max(curve_steps(7, 3)) == 7


def test_averages_are_plain_at_first_and_forget_later():
    network = BoardNetwork(NETWORK, encoding())
    share = 0.25
    average = AveragedWeights(network, share)
    expected, history = 0.0, [3.0, -1.0, 7.0, 4.0, 4.0, 9.0, -2.0, 5.0]
    for count, value in enumerate(history, start=1):
        with torch.no_grad():
            network.value.bias.fill_(value)
        average.update(network)
        expected += max(1 - math.exp(-share), 1 / count) * (value - expected)
        if count == 3:
            assert average.network.value.bias[0].item() == pytest.approx(3.0)  # (3 - 1 + 7) / 3
    assert average.network.value.bias[0].item() == pytest.approx(expected)
    assert network.value.bias[0].item() == history[-1]


def encoding() -> Encoding:
    return Encoding(CONFIGS[KEY])
