"""After housekeeping the real stages go on with real games: intake, index, exports, training set."""

import json

import pytest

from ringrift_assets.storage import removed_of
from ringrift_engine.boards import BoardConfig
from tests.ringrift_assets.housekeeping.kept import KEY, SETS, keep, verify
from tests.ringrift_assets.test_chain import TINY
from tests.support.cycle import ASSETS, Place, checks_of
from tests.support.stand_ins import InlineWorkers


@pytest.mark.slow
def test_the_real_stages_go_on_after_housekeeping(tmp_path):
    from ringrift_engine.records.index import read_index

    place = Place(tmp_path, InlineWorkers())
    for _ in range(2):
        assert place.run(KEY, TINY, ASSETS[:4]).success
    first = {
        name.removesuffix(".npz"): row
        for name, row in place.manifest("npz_exports")["report"]["by_file"].items()
        if row["generation"] == 1
    }
    manifest = place.data / "combined_npz" / KEY / "latest.json"
    content = json.loads(manifest.read_text())
    content["report"]["window_rows"] = 1  # the real window is never that small, and two games never fill it twice
    manifest.write_text(json.dumps(content))
    assert len([one for one in keep(place).removed if one.kind == "shard"]) == 3 * len(first) == 6

    result = place.run(KEY, TINY, ASSETS[:4])
    assert result.success
    assert all(checks_of(result).values())
    verify(place)
    for asset in SETS:
        stems = {name.split(".")[0] for name in place.manifest(asset)["files"]}
        assert len(stems) == 4
        assert not stems & set(first)
    games = place.manifest("synced_games")["report"]
    index = read_index(place.data / "synced_games" / KEY / "games.parquet", BoardConfig.from_key(KEY))
    assert games["statistics"]["games"] == index.height == 4
    assert games["quality"]["by_shard"].keys() == place.manifest("synced_games")["files"].keys()
    account = removed_of(place.store.latest("npz_exports", KEY))
    assert (account.games, account.rows) == tuple(
        sum(row[name] for row in first.values()) for name in ("games", "rows")
    )
    combined = place.manifest("combined_npz")["report"]
    assert combined["available_rows"] == place.manifest("npz_exports")["report"]["rows"]
