"""Games on disk: shards, discovery, statistics; `game_record` is what they hold."""
