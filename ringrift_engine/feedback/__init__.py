"""Feedback: what self-play and training of each configuration should do next, from what was recorded about it.

Pure functions: histories and budgets in, plans out; no clock, file, environment or random number. Ages are given.

settings     every constant, with its default, its range and what it means
history      what was recorded, and the loop guard `before`
budget       what a plan starts from
signals      what was noticed (`Signal`), and what it does to a number (`Term`)
lineage      who was promoted and still counts; strength over the generations
momentum     falling, steady or rising strength -> games
regression   a candidate or promoted model that is worse -> more games
plateau      no gain -> exploration and deeper search
quality      poor games -> training blocked or changed, more games, their setting throttled
anomaly      a loss that is wrong -> a check of the data
curriculum   promotions, refusals -> weight of a configuration
exploration  -> temperature
opponents    who sits opposite; mastered ones give way to harder ones
priority     one capped sum: which configuration plays next
early_stop   whether a running training should end
idle         whether to play now, and when again after a failed start
plan         all of it for each configuration, term by term (`configuration_plan`)
example      a small history, and its plan: `python -m ringrift_engine.feedback.example`
page         writes docs/feedback.md
"""
