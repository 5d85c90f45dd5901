"""The compiled loop behind `packed`: recorded policies put along the choices of their positions."""

from ringrift_engine.rules.backend import kernel, rule

UNPLACED = -1.0


@rule
def find_choice(moves, first, last, at, move):
    """The place of a move among moves[first:last], looked for from `at` on and round; -1 if it is not there."""
    for step in range(last - first):
        place = at + step
        if place >= last:
            place -= last - first
        if moves[place] == move:
            return place
    return -1


@kernel
def place_shares(moves, offsets, policy_moves, policy, policy_offsets, shares):
    """Write shares float32 [M] along moves int64 [M]; decision d has offsets[d] to offsets[d + 1] of them.

    Of its policy, policy_moves int64 [P] and policy float32 [P], it has policy_offsets[d] to policy_offsets[d + 1].
    Choices without a share get 0. Returns the first decision whose policy names a move that is no choice, or one
    twice; -1 if there is none.
    """
    for index in range(shares.shape[0]):
        shares[index] = UNPLACED
    for decision in range(policy_offsets.shape[0] - 1):
        first, last = offsets[decision], offsets[decision + 1]
        at = first
        for entry in range(policy_offsets[decision], policy_offsets[decision + 1]):
            # Policies name moves in the order of the choices, so the next one is rarely far.
            place = find_choice(moves, first, last, at, policy_moves[entry])
            if place < 0 or shares[place] != UNPLACED:
                return decision
            shares[place] = policy[entry]
            at = place + 1
    for index in range(shares.shape[0]):
        if shares[index] == UNPLACED:
            shares[index] = 0
    return -1
