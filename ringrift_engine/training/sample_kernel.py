"""The compiled loops behind `dataset` and `symmetry`: rows of a file to samples, seats relative to the mover, and
samples turned.
"""

from ringrift_engine.datasets.contract import NO_NEXT_MOVE
from ringrift_engine.rules.backend import kernel, rule

NOT_A_CELL = -1


@rule
def copy_row(source, row, target, place):
    """One row of bytes."""
    for at in range(target.shape[1]):
        target[place, at] = source[row, at]


@rule
def fill_policy(offsets, factors, values, constant, row, place, out_factors, legal, policy):
    """The choices of a row and their shares, then what stands where there is none."""
    start = offsets[row]
    count = offsets[row + 1] - start
    for entry in range(count):
        out_factors[place, entry, 0] = factors[start + entry, 0]
        out_factors[place, entry, 1] = factors[start + entry, 1]
        policy[place, entry] = values[start + entry]
        legal[place, entry] = True
    for entry in range(count, legal.shape[1]):
        out_factors[place, entry, 0] = constant
        out_factors[place, entry, 1] = constant
        policy[place, entry] = 0
        legal[place, entry] = False


@rule
def fill_owners(ownership, row, mover, players, place, owners):
    """Final owners as relative seats, `players` for nobody."""
    for cell in range(ownership.shape[1]):
        owner = int(ownership[row, cell])
        if owner > 0:
            relative = owner - 1 - mover
            owners[place, cell] = relative if relative >= 0 else relative + players
        else:
            owners[place, cell] = owner if owner == NOT_A_CELL else players


@kernel
def fill_samples(rows, inputs, columns, constant, largest_score, outputs, targets):
    """Write samples of rows int64 [R], of n seats.

    inputs   planes uint8 [N, P], globals float32 [N, G], ownership int8 [N, B], seat int8 [N]
    columns  policy offsets int64 [N + 1], factors int32 [M, 2], values float32 [M], values_mp float32 [N, 4],
             search_values float32 [N, 4], final scores float32 [N, 4, 2]
    outputs  planes uint8 [R, P], scalars float32 [R, G], factors int32 [R, L, 2], legal bool [R, L],
             policy float32 [R, L]
    targets  winner and search value float32 [R, n], owners int64 [R, B], scores float32 [R, n, 2]
    `constant` is the policy entry where there is no choice; scores are cut at `largest_score`.
    """
    planes, scalars, ownership, seat = inputs
    offsets, factors, values, outcomes, stated, final_scores = columns
    out_planes, out_scalars, out_factors, legal, policy = outputs
    winner, search_value, owners, scores = targets
    players = winner.shape[1]
    for place in range(rows.shape[0]):
        row = rows[place]
        mover = int(seat[row]) - 1
        copy_row(planes, row, out_planes, place)
        copy_row(scalars, row, out_scalars, place)
        fill_policy(offsets, factors, values, constant, row, place, out_factors, legal, policy)
        fill_owners(ownership, row, mover, players, place, owners)
        for relative in range(players):
            column = (mover + relative) % players
            winner[place, relative] = outcomes[row, column]
            search_value[place, relative] = stated[row, column]
            for which in range(scores.shape[2]):
                scores[place, relative, which] = min(final_scores[row, column, which], largest_score)


@rule
def turn_factors(factors, place, images, out):
    """Write the images of a row's policy entries; False if one has none, and then what was written means nothing."""
    for entry in range(factors.shape[1]):
        first, second = images[factors[place, entry, 0]], images[factors[place, entry, 1]]
        if first < 0 or second < 0:
            return False
        out[place, entry, 0] = first
        out[place, entry, 1] = second
    return True


@rule
def turn_moves(factors, next_move, place, images, out_factors, out_next_move):
    """Write the images of a row's moves and of the next one; False, and what was written means nothing, if one has
    none.
    """
    following = next_move[place]
    out_next_move[place] = following if following == NO_NEXT_MOVE else images[following]
    if following != NO_NEXT_MOVE and out_next_move[place] < 0:
        return False
    return turn_factors(factors, place, images, out_factors)


@kernel
def turn_samples(samples, symmetry, cell_source, policy_image, turned):
    """Write samples turned by symmetry int64 [R], each as it is if one of its policy entries has no image.

    Both `samples` and `turned` are planes int8 [R, C, B], owners int64 [R, B], factors int32 [R, L, 2] and next moves
    int64 [R]; tables as in `encoding.Symmetries`: cell_source int32 [K, B], policy_image int32 [K, A].
    """
    planes, owners, factors, next_move = samples
    out_planes, out_owners, out_factors, out_next_move = turned
    for place in range(planes.shape[0]):
        number = symmetry[place]
        if not turn_moves(factors, next_move, place, policy_image[number], out_factors, out_next_move):
            number = 0
            turn_moves(factors, next_move, place, policy_image[0], out_factors, out_next_move)
        source = cell_source[number]
        for plane in range(planes.shape[1]):
            for cell in range(planes.shape[2]):
                out_planes[place, plane, cell] = planes[place, plane, source[cell]]
        for cell in range(owners.shape[1]):
            out_owners[place, cell] = owners[place, source[cell]]
