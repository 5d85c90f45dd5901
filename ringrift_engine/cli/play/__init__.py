"""ringrift play: one game, between programs to look at, or with people in the terminal.

command   the command: who plays, a new game or a saved one
terminal  a person's game: reads lines, does what they say, shows what comes of it
prompt    what a typed line means
text      what is shown: moves, positions in words, results
"""
