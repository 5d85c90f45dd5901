"""The shadow tournament: a few games of a promoted model against earlier ones and fixed players, every quarter of an
hour, when the machine has time.

wanted    whether one is due, and for which configuration
job       the job, and what it keeps
task      the games, in a worker process
schedule  `shadow_tournament`
"""
