"""Relative seats: 0 is the player to move, 1 the next in turn order, and so on."""

from ringrift_engine.rules.backend import rule


@rule
def relative_seat(game, seat):
    """How many places after the player to move a seat sits, 0 for the player to move."""
    places = seat - int(game.player)
    return places if places >= 0 else places + int(game.num_players)
