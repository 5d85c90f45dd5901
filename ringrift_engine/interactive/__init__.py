"""A game in which people take part, apart from how they see it and how they say what they play.

    session    the game: whose move it is, what can be played, programs' moves, taking back, advice
    saving     a game as a small JSON file, and the game that goes on from it
    seats      who sits where: people, the strongest player, any other
    strongest  the strongest player that is at hand for a configuration, and why it is that one

Nothing here prints or asks: a terminal (`ringrift_engine.cli.play`) or a board in a browser does.
"""
