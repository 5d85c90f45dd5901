"""Three cycles of stand-ins that housekeeping has something to remove of."""

import shutil

import pytest

from tests.ringrift_assets.housekeeping.kept import KEY, ROWS
from tests.support.cycle import Place
from tests.support.stand_ins import StandInWorkers


@pytest.fixture(scope="session")
def cycles(tmp_path_factory):
    """Three generations of three shards, 600,000 rows each: the window has about 512,000, so the first one may go."""
    place = Place(tmp_path_factory.mktemp("cycles"), StandInWorkers(rows=ROWS))
    for _ in range(3):
        assert place.run(KEY).success
    return place


@pytest.fixture
def place(cycles, tmp_path, monkeypatch):
    """A copy of the three cycles, in the current folder."""
    shutil.copytree(cycles.data, tmp_path / "data")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RINGRIFT_DATA_ROOT", raising=False)
    return Place(tmp_path, StandInWorkers(rows=ROWS))
