"""Learning one configuration in this process: cycles of the asset graph, one after the other, until so many games were
played. `ringrift learn` is its face.

counted   what is there, and which part of the newest cycle is missing
plan      the next step towards a number of games: a pure function of what was counted
running   one step: a run of a job, with what it says while it is at work
cycles    step after step, until the games are played, nothing can go on, or somebody asks to end
ending    requests to end, whoever handles them
history   what every generation came to, from the registry and the manifests
told      all of it in words
curve     the learning curve as a picture

Nothing is remembered but what the assets keep: a command that was killed is given again, counts, and goes on.
"""
