"""The commands that need Dagster: `ringrift learn`, `loop`, `status`, `doctor`, `failures`, `promote`,
`rollback`, `prune`.

`ringrift_engine.cli.main` finds them through the entry points of the group `ringrift.commands` in pyproject.toml. Help
for them is shown beside that of all other commands, so modules that hold a command import Dagster, and whatever else is
slow, in the bodies of their functions.

learn       `ringrift learn`: cycles of one configuration until there are so many games
loop        `ringrift loop`: start, run, status, stop
status      `ringrift status`: every configuration and stage, and what happens next
doctor      `ringrift doctor`: what is wrong with this installation, and what to do
failures    `ringrift failures`: failed runs, and running them again
promote     `ringrift promote`: whether a model may be promoted, why, and doing it
rollback    `ringrift rollback`: how promoted models hold their own, and going back
prune       `ringrift prune`: what nothing needs any more

server      the processes of the loop: started, found again, ended
starting    from nothing to a loop whose sensors are on
stopping    the way back, with the runs that were at work
graphql     what a running server is asked
automation  sensors and schedules as Dagster's records have them
loop_facts  what `ringrift loop status` knows
watch       a running loop, one line for each thing that happens
outlooks    what `ringrift status` knows of a configuration
outlook_text  the same for people
next_step   which sensor acts next on a configuration, and why
diagnosis   the checks of `ringrift doctor`
runs        queued runs and those at work
ended       failed runs and refused candidates as `ringrift failures` lists them
relaunch    launching a failed run again
advice      what to do where a criterion of a promotion fails
instance    Dagster's records of the current folder
text        numbers and times for people
"""
