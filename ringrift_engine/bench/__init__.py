"""`ringrift bench`: how fast everything is, beside what this machine could do and what was asked for.

    groups        what can be measured, group by group, and the run over them
    quantities    every quantity once: unit, goal, whether more or less is better, what limits it
    rows          one measured row, as the table and the JSON have it
    scope         what a person asks for
    timing        repeats, medians, pairs that take turns
    calibration   a fixed compiled loop beside every measurement, so that machines and hours can be compared
    limits        what the machine does: memory, hashing, files, arithmetic, starting Python
    machine       processor, cores, versions
    comparison    the ratios to an earlier run
    table         rows as text

    rules, heuristic, search, data, training, gpu
                  one group each
    peers, peer_pyspiel, peer_pgx
                  other people's engines beside the rules
    bench         what all groups share
    positions, kernels, random_play, successors, samples, networks, starting
                  what the groups measure on

What the command imports before it measures (`groups`, `scope`, `comparison`, `table`) loads neither torch nor numba.
"""
