"""The shadow tournament: a few games of a promoted model against earlier ones and fixed players, every quarter of an
hour, when the machine has time.

wanted    which configuration is next, and who plays
job       the job, and what it keeps
task      the games, in a worker process
schedule  what happens when one is due
"""
