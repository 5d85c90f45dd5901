"""Random games inside OpenSpiel: moves a second as JSON. Arguments: game, repeats, seconds of a repeat.

Games between OpenSpiel's own uniform random bots are played in C++ (`evaluate_bots`) and do not say how long they were,
so the mean length comes from games that are played here move by move.
"""
# pyright: reportMissingImports=false, reportMissingModuleSource=false
# What is imported here comes with the optional extra `bench`.

import json
import random
import sys
import time

import pyspiel

_COUNTED_GAMES = 30


def mean_length(game) -> float:
    """Mean number of moves of random games."""
    drawn, moves = random.Random(0), 0
    for _ in range(_COUNTED_GAMES):
        state = game.new_initial_state()
        while not state.is_terminal():
            state.apply_action(drawn.choice(state.legal_actions()))
            moves += 1
    return moves / _COUNTED_GAMES


def main(name: str, repeats: int, seconds: float) -> None:
    """Measure and print."""
    game = pyspiel.load_game(name)
    length, start = mean_length(game), game.new_initial_state()
    bots = [pyspiel.make_uniform_random_bot(player, player) for player in range(game.num_players())]

    def play(games: int) -> float:
        began = time.perf_counter()
        for number in range(games):
            pyspiel.evaluate_bots(start.clone(), bots, number)
        return time.perf_counter() - began

    games = max(1, round(_COUNTED_GAMES * seconds / play(_COUNTED_GAMES)))
    rates = [games * length / play(games) for _ in range(repeats)]
    print(json.dumps({"moves_per_s": rates, "details": {"moves_a_game": length, "games": games}}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))
