"""`ringrift`, the one command line.

    main          the group of all commands; errors become one line
    options       what several commands share: arguments, output as text or JSON, progress
    contestants   players named on the command line, with what files and logs keep of them
    games         ringrift games show | verify | stats
    play          ringrift play, also for people
    selfplay      ringrift selfplay
    datasets      ringrift export | combine
    train         ringrift train
    evaluate      ringrift evaluate
    bench         ringrift bench
    show          a recorded game as text

Commands import the engine inside their bodies: asking for help loads neither torch nor numba.
"""
