"""Games on disk: what a game's record is, how shards keep and prove it, and what is counted over them.

game_record    a finished game and its decisions, in memory
packing        moves and decisions as bytes
shard_schema   the tables and versions of a shard file
shard          writing, reading, verifying
replay         games played again, and the positions in them
discovery      which files of a folder are shards
index          games.parquet, one row a game
statistics     what the index says about a configuration
"""
