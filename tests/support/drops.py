"""Shards of games from elsewhere, and ways to put them into an inbox."""

import os
import time
from dataclasses import replace
from pathlib import Path

from ringrift_engine.boards import BoardConfig
from ringrift_engine.records.shard import publish_shard
from ringrift_engine.records.shard_schema import Participant, ShardHeader
from tests.support.records import SEARCHER, random_records

LONG_AGO = 1_000.0  # seconds: whoever copied the file has finished


def shard_of(
    folder: Path, key: str = "hex8_2p", seed: int = 7, games: int = 2, generation: int | None = None, model: str = ""
) -> Path:
    """A shard of random games with made-up searches; `model` is the promoted network that its header names."""
    settings = {} if generation is None else {"generation": generation}
    who = Participant(f"search(model={model[:12]},simulations=16)", model=model, simulations=16) if model else SEARCHER
    header = ShardHeader(key, seed, (who,), settings, {"promoted_models": model} if model else {})
    records = random_records(BoardConfig.from_key(key), games, seed)
    return publish_shard(folder, header, [replace(one, players=(who.name,) * len(one.players)) for one in records]).path


def drop(source: Path, inbox: Path, name: str = "", age_s: float = LONG_AGO) -> Path:
    """Copy a file into the inbox as somebody would who finished `age_s` seconds ago."""
    return put(inbox, name or source.name, source.read_bytes(), age_s)


def put(inbox: Path, name: str, content: bytes = b"no shard", age_s: float = LONG_AGO) -> Path:
    """The same with any content."""
    target = inbox / name
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)
    then = time.time() - age_s
    os.utime(target, (then, then))
    return target
