"""Where a training starts: both sides of every condition, and cycles of stand-ins whose candidates are refused."""

import math

import pytest

from ringrift_assets.registry import Registry
from ringrift_assets.starts import (
    CANDIDATE,
    FOREIGN,
    JUDGEMENT,
    PROMOTED,
    Judgement,
    Known,
    Start,
    known_of,
    origin_of,
    start_of,
)
from ringrift_assets.tasks import TASKS
from ringrift_engine.boards import CONFIGS
from ringrift_engine.encoding import ENCODER_VERSION, Encoding
from ringrift_engine.errors import ConfigError
from ringrift_engine.nets.checkpoint import CheckpointHeader, read_header, save_checkpoint
from ringrift_engine.nets.network import BoardNetwork
from ringrift_engine.nets.settings import NetworkSettings
from ringrift_engine.progress import silent
from ringrift_engine.resources import ResourceLimits
from tests.ringrift_assets.housekeeping.kept import keep
from tests.ringrift_engine.training.synthetic import write_dataset
from tests.support import stand_ins
from tests.support.cycle import ASSETS, QUICK, Place
from tests.support.stand_ins import ASKED, StandInWorkers

EVEN = {"random": [9, 9], "heuristic": [7, 7], "promoted": [0, 0]}  # one of each pair of games against the promoted
WEAK = {"random": [5, 5], "heuristic": [7, 7], "promoted": [0, 0]}


def judged(model, over="champion", *, sensible=True, elo=(-3.0, -20.0, 14.0), generation=5):
    return Judgement(model=model, over=over, generation=generation, sensible=sensible, elo=elo)


def known(**changes):
    """A champion and two candidates after it, each judged, each trained on data of its own."""
    models = {name: {"combined_npz": f"data of {name}"} for name in ("champion", "older", "newer")}
    facts = {
        "models": models,
        "there": frozenset(models),
        "promoted": "champion",
        "judgements": [judged("champion", ""), judged("older", generation=4), judged("newer")],
    }
    return Known(**{**facts, **changes})


def chosen(**changes):
    return start_of(known(**changes), "new data").sha256


def test_the_newest_candidate_that_was_not_shown_to_be_weaker_is_gone_on_from():
    start = start_of(known(), "new data")
    assert start.inputs == {CANDIDATE: "newer"}
    assert start.why == "the checkpoint of generation 5, not promoted but not weaker: -3 [-20, +14] Elo"


@pytest.mark.parametrize(
    ("newest", "expected"),
    [
        pytest.param(judged("newer", elo=(-9.0, -18.0, 0.0)), "newer", id="zero_is_in_the_interval"),
        pytest.param(judged("newer", elo=(-9.0, -18.0, -0.1)), "older", id="surely_weaker"),
        pytest.param(judged("newer", elo=(-math.inf, -math.inf, -50.0)), "older", id="lost_every_game"),
        pytest.param(judged("newer", elo=(math.inf, 20.0, math.inf)), "newer", id="won_every_game"),
        pytest.param(judged("newer", elo=(math.nan, math.nan, math.nan)), "older", id="no_estimate"),
        pytest.param(judged("newer", elo=None), "older", id="no_match_with_the_champion"),
        pytest.param(judged("newer", sensible=False), "older", id="failed_against_the_fixed_opponents"),
        pytest.param(judged("newer", "another champion"), "older", id="judged_against_another_model"),
        pytest.param(judged("older"), "older", id="never_judged"),
    ],
)
def test_what_a_gauntlet_says_decides(newest, expected):
    assert chosen(judgements=[judged("older"), newest]) == expected


def test_the_newest_judgement_of_a_checkpoint_counts():
    good, bad = judged("newer"), judged("newer", elo=(-50.0, -80.0, -20.0))
    assert chosen(judgements=[judged("older"), good, bad]) == "older"
    assert chosen(judgements=[judged("older"), bad, good]) == "newer"
    assert chosen(judgements=[judged("older"), good, judged("newer", "another", sensible=False)]) == "newer"


def test_a_checkpoint_that_was_taken_back_or_has_no_file_is_no_start():
    assert chosen(taken_back=frozenset({"newer"})) == "older"
    assert chosen(there=frozenset({"champion", "older"})) == "older"
    assert chosen(taken_back=frozenset({"newer"}), there=frozenset({"champion", "newer"})) == "champion"


def test_nothing_older_than_the_promoted_model_is_a_start():
    same = [judged(name, "newer") for name in ("champion", "older")]
    start = start_of(known(promoted="newer", judgements=same), "new data")
    assert start.inputs == {PROMOTED: "newer"}
    assert chosen(promoted="older", judgements=[judged("newer", "older")]) == "newer"
    assert chosen(promoted="older", taken_back=frozenset({"older"}), judgements=[]) == "older", "promoted again"


def test_without_a_promoted_model_a_sensible_candidate_is_gone_on_from():
    assert chosen(promoted="", judgements=[judged("newer", "", elo=None)]) == "newer"
    assert chosen(promoted="", judgements=[judged("newer", "", elo=None, sensible=False)]) == ""
    assert chosen(promoted="", judgements=[]) == ""


def test_trainings_on_one_training_set_start_where_the_first_of_them_did():
    models = {**known().models, "newest": {"combined_npz": "new data", PROMOTED: "champion"}}
    everything = {"models": models, "there": frozenset(models)}
    judgements = [judged("older"), judged("newest")]
    assert chosen(**everything, judgements=judgements) == "champion", "neither the checkpoint itself nor a newer one"
    again = start_of(known(**everything), "new data")
    assert again.origin == PROMOTED
    assert "as the first training on these data" in again.why
    assert start_of(known(**everything, judgements=judgements), "other data").sha256 == "newest"
    went_on = {**known().models, "newest": {"combined_npz": "new data", CANDIDATE: "older"}}
    assert chosen(models=went_on, there=frozenset(went_on)) == "older"
    assert chosen(models=went_on, there=frozenset(went_on) - {"older"}) == "newer", "removed since"
    from_scratch = {**known().models, "newest": {"npz_exports": "new data"}}
    assert chosen(models=from_scratch, there=frozenset(from_scratch), judgements=judgements) == ""


def test_another_configuration_gives_the_weights_of_the_first_training_only():
    foreign = ("square8_2p", "their champion")
    start = start_of(Known(models={}, foreign=foreign), "new data")
    assert start.inputs == {FOREIGN: "their champion"}
    assert start.why == "the promoted model of square8_2p"
    assert start_of(Known(models={}), "new data") == Start()
    assert chosen(promoted="", judgements=[], foreign=foreign) == "", "there is a checkpoint already"
    repeated = Known(models={"own": {"combined_npz": "new data", **start.inputs}}, foreign=foreign)
    assert start_of(repeated, "new data").inputs == start.inputs


def test_what_a_checkpoint_started_from_stands_among_its_inputs():
    assert origin_of({"combined_npz": "x"}).inputs == {}
    for origin in (PROMOTED, CANDIDATE, FOREIGN):
        assert origin_of({"combined_npz": "x", origin: "model"}).inputs == {origin: "model"}


@pytest.mark.parametrize("elo", [None, (-3.25, -20.0, 14.0), (math.inf, 20.0, math.inf)])
def test_a_judgement_is_read_as_it_was_written(elo):
    assert Judgement.from_json(judged("newer", elo=elo).to_json()) == judged("newer", elo=elo)


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A data root in the current folder."""
    ASKED.clear()
    monkeypatch.chdir(tmp_path)
    return Place(tmp_path)


@pytest.fixture
def given(monkeypatch):
    """The files that trainings were given to start from."""
    honest, seen = stand_ins.train, []

    def told(request, *more):
        seen.append(request["previous"])
        return honest(request, *more)

    monkeypatch.setattr(stand_ins, "train", told)
    return seen


def newest(place, asset="checkpoints", key="hex8_2p"):
    return place.store.latest(asset, key)


def cycle(place, wins):
    place.workers = StandInWorkers(wins=wins)
    result = place.run()
    assert result.success
    (trained,) = result.asset_materializations_for_node("checkpoints")
    return newest(place).version, trained.metadata["start"].value


def test_refused_candidates_are_gone_on_from_while_the_promoted_model_plays(place, given):
    champion, _ = cycle(place, stand_ins.WINS | {"promoted": [0, 0]})
    refused, _ = cycle(place, EVEN)
    assert newest(place).inputs[PROMOTED] == champion
    ASKED.clear()
    assert place.run(selection=("checkpoints",)).success
    assert ASKED == []
    assert newest(place).version == refused, "judged, and found again"
    other = {**QUICK, "checkpoints": {**QUICK["checkpoints"], "seed": 5}}
    assert place.run(config=other, selection=("checkpoints",)).success
    assert newest(place).version != refused
    assert newest(place).inputs[PROMOTED] == champion, "on the same data from the same start"

    weak, told = cycle(place, WEAK)
    assert newest(place).inputs[CANDIDATE] == refused
    assert "(the checkpoint of generation 2, not promoted but not weaker: " in told
    assert given[-1].endswith(f"checkpoints/hex8_2p/{refused[:12]}.safetensors")
    assert newest(place, "game_databases").inputs == {PROMOTED: champion}
    with Registry().open(place.store) as registry:
        judgements = [Judgement.from_json(row.facts) for row in registry.history(JUDGEMENT, "hex8_2p")]
        found = known_of(place.store, registry, "hex8_2p")
    assert [(one.model, one.sensible) for one in judgements] == [(champion, True), (refused, True), (weak, False)]
    assert found.promoted == champion
    keep(place)
    kept = {path.name for path in (place.data / "checkpoints" / "hex8_2p").glob("*.safetensors")}
    assert {f"{model[:12]}.safetensors" for model in (champion, refused, weak)} == kept

    cycle(place, EVEN)
    assert newest(place).inputs[CANDIDATE] == refused, "not the one that failed against the random player"


def test_a_first_training_starts_from_the_promoted_model_of_another_configuration(place, given, monkeypatch):
    assert place.run("square8_2p").success
    champion = newest(place, key="square8_2p").version
    (place.root / "ringrift.yaml").write_text("configurations: {square8_3p: {training: {transfer_from: square8_2p}}}\n")
    assert place.run("square8_3p", selection=ASSETS[:5]).success
    assert newest(place, key="square8_3p").inputs[FOREIGN] == champion
    assert given[-1].endswith(f"promoted_models/square8_2p/{champion[:12]}.safetensors")
    monkeypatch.setenv("RINGRIFT_CONFIG", str(place.root / "wrong.yaml"))
    (place.root / "wrong.yaml").write_text("configurations: {hex8_2p: {training: {transfer_from: square8_2p}}}\n")
    from ringrift_assets.settings import settings_of

    with pytest.raises(ConfigError, match=r"hex8_2p: training.transfer_from is square8_2p.*hex8 or hexagonal"):
        settings_of("hex8_2p")


def test_a_transferred_network_is_as_large_as_the_one_that_it_begins_with(tmp_path):
    sizes = NetworkSettings(blocks=1, channels=8, pooled_channels=4, head_channels=4, hidden=8)
    header = CheckpointHeader(config_key="square8_2p", settings=sizes, encoder_version=ENCODER_VERSION)
    weights = BoardNetwork(sizes, Encoding(CONFIGS["square8_2p"])).state_dict()
    save_checkpoint(tmp_path / "small.safetensors", header, weights)
    request = {
        "key": "square8_3p",
        "data": str(write_dataset(tmp_path / "combined.npz", "square8_3p")),
        "export": False,
        "folder": str(tmp_path),
        "previous": str(tmp_path / "small.safetensors"),
        "training": {"max_samples": 64, "batch_size": 16, "min_rows": 10, "min_held_out_rows": 10},
        "network": {"channels": None, "blocks": None},
        "stopping": {},
        "background_games": 0,
        "root": str(tmp_path),
        "limits": vars(ResourceLimits()),
        "threads": 1,
        "device": "cpu",
    }
    made = TASKS["train"](request, silent)
    (name,) = made["files"]
    assert read_header(tmp_path / name).settings == sizes
    assert made["report"]["start"].startswith("transferred from square8_2p")
