"""The heuristic's two compiled entry points: scores of all choices of a decision, and the components of positions.

A choice is worth what the position right after it is worth to the player who makes it, one ply and no more: no reply,
not even one's own next move in the same turn, is played. A finished game is worth +-100,000.
"""

from ringrift_engine.players.heuristic_changes import note_changes, remember
from ringrift_engine.players.heuristic_scan import scan_board
from ringrift_engine.players.heuristic_terms_material import count_seats, material_terms, recovery_terms, stage_terms
from ringrift_engine.players.heuristic_terms_position import contact_terms, marker_terms, room_terms
from ringrift_engine.players.heuristic_terms_winning import action_terms, winning_terms
from ringrift_engine.players.heuristic_weights import COMPONENTS
from ringrift_engine.rules.apply import apply_move
from ringrift_engine.rules.backend import kernel, rule
from ringrift_engine.rules.moves import SWAP_SIDES, kind_of

FINISHED = 100_000.0


@rule
def measure(game, board, constants, scan, view):
    """Fill `scan.components` for the seat `view`; `scan` knows the changes since it was told to remember."""
    count_seats(game, scan)
    scan_board(game, board, constants, scan)
    material_terms(game, scan, view)
    recovery_terms(game, scan, view)
    stage_terms(game, scan, view)
    room_terms(game, scan, view)
    contact_terms(game, scan, view)
    marker_terms(game, scan, view)
    winning_terms(game, scan, view)
    action_terms(game, scan, view)


@rule
def evaluate(game, board, constants, scan, view, weights):
    """The weighted sum of all components, or +-FINISHED."""
    if game.winner != 0:
        return FINISHED if game.winner == view else -FINISHED
    measure(game, board, constants, scan, view)
    score = 0.0
    for component in range(COMPONENTS):
        score += weights[component] * scan.components[component]
    return score


@kernel
def score_choices(games, boards, constants, works, scans, copies, rows, moves, offsets, weights, scores):
    """Score every choice of the given rows, each on a copy of its game, seen by the player to move.

    games      recarray [N] of game records, not changed; rows int64 [R] names those to score
    moves      int64 [M], choices of row r at offsets[r]:offsets[r+1] (offsets int64 [R+1])
    weights    float64 [COMPONENTS]
    scores     float32 [M], written at the positions of `moves` that the offsets name
    works, scans, copies [1]: scratch records
    """
    board = boards[0]
    for row in range(rows.shape[0]):
        game = games[rows[row]]
        mover = int(game.player)
        remember(game, board, constants[0], scans[0])
        for choice in range(offsets[row], offsets[row + 1]):
            copies[0] = game
            after = copies[0]
            apply_move(after, board, works[0], moves[choice])
            note_changes(game, after, board, constants[0], scans[0])
            # The swap exchanges the players, not the pieces: who swaps goes on with the other seat.
            view = 3 - mover if kind_of(moves[choice]) == SWAP_SIDES else mover
            scores[choice] = evaluate(after, board, constants[0], scans[0], view, weights)


@kernel
def measure_positions(games, boards, constants, scans, views, components):
    """The components of positions as they stand: games recarray [R], views int64 [R] (seats), components float64 [R,
    COMPONENTS].
    """
    for row in range(views.shape[0]):
        remember(games[row], boards[0], constants[0], scans[0])
        measure(games[row], boards[0], constants[0], scans[0], views[row])
        for component in range(COMPONENTS):
            components[row, component] = scans[0].components[component]
