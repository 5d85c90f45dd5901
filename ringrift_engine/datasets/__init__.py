"""From shards to what networks learn from: one immutable NPZ a shard, and one combined NPZ over the training window.

contract   the keys of both kinds of file, their dtypes and shapes
npz        zip files of arrays with deterministic bytes, written and read in pieces
export     the decisions of a shard as rows
rows       how positions, decisions and results become columns
quality    how much a game is worth, from 0 to 1
window     how many of the newest rows training sees
combine    window, weights, duplicates, shuffle
duplicates positions that occur more than once, and what becomes of them
validate   whether a file keeps the contract
"""
