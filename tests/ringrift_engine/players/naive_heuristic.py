"""The heuristic's components once more, from their formulas and the state dict of a recorded game, importing nothing.

Slow on purpose: every number is a loop over coordinates, stacks are lists of owners with the top ring first, and
nothing is shared between components. It is the oracle of `test_heuristic_components`.
"""

SIZES = {"square8": 8, "square19": 19, "hex8": 9, "hexagonal": 25}
CELLS = {"square8": 64, "square19": 361, "hex8": 61, "hexagonal": 469}
RINGS = {"square8": 18, "square19": 72, "hex8": 18, "hexagonal": 96}
SQUARE_STEPS = [(dx, dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1) if (dx, dy) != (0, 0)]
HEX_STEPS = [(1, 0), (-1, 0), (0, 1), (0, -1), (1, -1), (-1, 1)]
SQUARE_AXES = [(1, 0), (0, 1), (1, 1), (1, -1)]
HEX_AXES = [(1, 0), (1, -1), (0, -1)]
CENTERS = {"hex8": 1, "hexagonal": 2}


class Position:
    """A state dict as coordinates: `stacks`, `markers`, `collapsed` map (x, y) to owners; seats count from 1."""

    def __init__(self, key, state):
        self.board, count = key.rsplit("_", 1)
        self.seats = range(1, int(count[0]) + 1)
        self.size = SIZES[self.board]
        self.hexagonal = self.board.startswith("hex")
        self.steps = HEX_STEPS if self.hexagonal else SQUARE_STEPS
        self.axes = HEX_AXES if self.hexagonal else SQUARE_AXES
        self.player, self.phase = state["cp"], state["ph"]
        self.hand = {seat: state["pl"][seat - 1][0] for seat in self.seats}
        self.eliminated = {seat: state["pl"][seat - 1][1] for seat in self.seats}
        self.territory = {seat: state["pl"][seat - 1][2] for seat in self.seats}
        lps = state.get("lp", [0, 0, [], 0, 0, 0])
        self.lps_rounds, self.lps_player = lps[4], lps[5]
        self.stacks, self.markers, self.collapsed = {}, {}, {}
        for cell, content in sorted(state["b"].items(), key=lambda item: int(item[0])):
            y, x = divmod(int(cell), self.size)
            owners = [int(digit) for digit in content[1:]]
            if content[0] == "s":
                self.stacks[x, y] = owners
            elif content[0] == "m":
                self.markers[x, y] = owners[0]
            else:
                self.collapsed[x, y] = owners[0]

    def exists(self, x, y):
        if self.hexagonal:
            radius = self.size // 2
            return max(abs(x - radius), abs(y - radius), abs(x + y - 2 * radius)) <= radius
        return 0 <= x < self.size and 0 <= y < self.size

    def neighbours(self, x, y):
        return [(x + dx, y + dy) for dx, dy in self.steps if self.exists(x + dx, y + dy)]

    def distance(self, first, second):
        dx, dy = first[0] - second[0], first[1] - second[1]
        return max(abs(dx), abs(dy), abs(dx + dy)) if self.hexagonal else max(abs(dx), abs(dy))

    def in_center(self, x, y):
        if self.hexagonal:
            return self.distance((x, y), (self.size // 2, self.size // 2)) <= CENTERS[self.board]
        return (x, y) in {(3, 3), (3, 4), (4, 3), (4, 4)} if self.size == 8 else 8 <= x <= 10 and 8 <= y <= 10

    def own_stacks(self, seat):
        return {at: stack for at, stack in self.stacks.items() if stack[0] == seat}

    def own_markers(self, seat):
        return [at for at, owner in self.markers.items() if owner == seat]

    def ring_count(self, seat):
        return sum(stack.count(seat) for stack in self.stacks.values())

    def buried(self, seat):
        return sum(stack[1:].count(seat) for stack in self.stacks.values())

    def eligible(self, seat):
        return not self.own_stacks(seat) and bool(self.own_markers(seat)) and self.buried(seat) > 0

    def ray(self, at, step):
        """(free cells before the first stack or collapsed cell, the stack's cell or None)."""
        x, y = at[0] + step[0], at[1] + step[1]
        free = []
        while self.exists(x, y) and (x, y) not in self.stacks and (x, y) not in self.collapsed:
            free.append((x, y))
            x, y = x + step[0], y + step[1]
        return free, (x, y) if (x, y) in self.stacks else None

    def seen(self, at):
        return [target for step in self.steps if (target := self.ray(at, step)[1]) is not None]

    def slides(self, at):
        height = len(self.stacks[at])
        return sum(1 for step in self.steps for cell in self.ray(at, step)[0] if self.distance(at, cell) >= height)

    def captures(self, at):
        """Targets that the stack can jump over, one for each direction."""
        targets = []
        for step in self.steps:
            _, target = self.ray(at, step)
            if target is not None and cap(self.stacks[target]) <= cap(self.stacks[at]):
                landings = [
                    cell for cell in self.ray(target, step)[0] if self.distance(at, cell) >= len(self.stacks[at])
                ]
                if landings:
                    targets.append(target)
        return targets

    def usable(self, seat):
        return [at for at in self.own_stacks(seat) if self.slides(at) or self.captures(at)]

    def open_neighbours(self, seat):
        count = 0
        for at, stack in self.own_stacks(seat).items():
            for cell in self.neighbours(*at):
                if cell in self.stacks:
                    count += cap(self.stacks[cell]) <= cap(stack)
                else:
                    count += cell not in self.collapsed
        return count

    def extra_attacks(self, seat):
        enemies = [[t for t in self.captures(at) if self.stacks[t][0] != seat] for at in self.own_stacks(seat)]
        return sum(max(0, len(targets) - 1) for targets in enemies)

    def closure(self, seat):
        first_ten = sorted(self.own_markers(seat), key=lambda at: (at[1], at[0]))[:10]
        pairs = [(a, b) for k, a in enumerate(first_ten) for b in first_ten[:k]]
        mean = sum(self.distance(a, b) for a, b in pairs) / len(pairs) if pairs else 0
        return (10 / mean if pairs else 0) + 0.5 * len(first_ten)

    def safety(self, seat):
        enemies = [at for at, stack in self.stacks.items() if stack[0] != seat]
        distances = [self.distance(marker, enemy) for marker in self.own_markers(seat) for enemy in enemies]
        return -sum(3 - d for d in distances if d <= 2)

    def lines(self, seat):
        own, points = set(self.own_markers(seat)), 0
        for x, y in own:
            for dx, dy in self.axes:
                row = [(x + k * dx, y + k * dy) in own for k in (1, 2, 3)]
                points += 1 * row[0] + 2 * all(row[:2]) + 5 * all(row)
        return points

    def links(self, seat):
        own, points = set(self.own_markers(seat)), 0.0
        for x, y in own:
            for dx, dy in self.axes:
                gap, beyond = (x + dx, y + dy), (x + 2 * dx, y + 2 * dy)
                if gap in own:
                    points += 1
                elif beyond in own and gap not in self.stacks and gap not in self.collapsed:
                    points += 0.5
        return points

    def proximity(self, seat):
        players = len(self.seats)
        others = sum(self.territory[other] for other in self.seats if other != seat)
        threshold = round(RINGS[self.board] * (players + 1) / 3)
        rings = threshold - self.eliminated[seat]
        cells = max(CELLS[self.board] // players + 1, others + 1) - self.territory[seat]
        if rings <= 0 or cells <= 0:
            return 1000
        near = 50 / rings + 50 / cells
        if self.lps_player == seat and self.lps_rounds:
            near = max(near, {1: 900, 2: 945, 3: 990}[min(self.lps_rounds, 3)])
        return near

    def contacts(self, seat):
        """Own stacks with a stack or marker of somebody else beside them."""
        foreign = {at for at, stack in self.stacks.items() if stack[0] != seat}
        foreign |= {at for at, owner in self.markers.items() if owner != seat}
        return sum(any(cell in foreign for cell in self.neighbours(*at)) for at in self.own_stacks(seat))


def cap(stack):
    height = 0
    while height < len(stack) and stack[height] == stack[0]:
        height += 1
    return height


def components(key, state, view):
    """Every component of the position as seat `view` sees it: a dict of floats."""
    p = Position(key, state)
    opponents = [seat for seat in p.seats if seat != view]
    mine = p.own_stacks(view)

    def mean(measure):
        return measure(view) - sum(measure(seat) for seat in opponents) / len(opponents)

    def best(measure):
        return measure(view) - max(measure(seat) for seat in opponents)

    def tall(seat):
        heights = [len(stack) for stack in p.own_stacks(seat).values()]
        return sum(height if height <= 5 else 5 + 0.1 * (height - 5) for height in heights)

    def spread(seat):
        count = len(p.own_stacks(seat))
        return {0: -50, 1: -10}.get(count, 2 * count)

    def central(seat):
        return sum(p.in_center(*at) for at in p.own_stacks(seat))

    def room(seat):
        blocked = len(p.own_stacks(seat)) - len(p.usable(seat))
        return p.open_neighbours(seat) - 5 * blocked

    def enemies_beside(at):
        return [cell for cell in p.neighbours(*at) if cell in p.stacks and p.stacks[cell][0] != view]

    def cap_gaps(sign):
        gaps = [
            sign * (cap(p.stacks[seen]) - cap(stack))
            for at, stack in mine.items()
            for seen in p.seen(at)
            if p.stacks[seen][0] != view
        ]
        return sum(gap for gap in gaps if gap > 0)

    def acts(seat):
        return p.hand[seat] > 0 or bool(p.usable(seat))

    def beside(seat, others):
        return sum(cell in others for at in p.own_stacks(seat) for cell in p.neighbours(*at))

    near = sorted((p.proximity(seat) for seat in opponents), reverse=True)
    in_hand = sum(p.hand.values())
    all_rings = in_hand + sum(len(stack) for stack in p.stacks.values()) + sum(p.eliminated.values())
    progress = 1 - in_hand / all_rings
    threatening = {at for seat in opponents if p.eligible(seat) for at in p.own_markers(seat)}
    many = len(p.seats) > 2
    risk = max(0, 2 - (len(p.usable(view)) + (p.hand[view] > 0)) / len(mine)) if mine else 0
    return {
        "stack_control": mean(lambda seat: len(p.own_stacks(seat))),
        "stack_height": mean(tall),
        "cap_height": mean(lambda seat: sum(cap(stack) for stack in p.own_stacks(seat).values())),
        "diversity": mean(spread),
        "rings_in_hand": best(lambda seat: p.hand[seat]),
        "eliminated_rings": mean(lambda seat: p.eliminated[seat]),
        "markers": mean(lambda seat: len(p.own_markers(seat))),
        "territory": best(lambda seat: p.territory[seat]),
        "center": central(view) - sum(central(seat) for seat in opponents),
        "mobility": p.open_neighbours(view) - sum(p.open_neighbours(seat) for seat in opponents),
        "stack_mobility": best(room),
        "opponent_threats": -0.5
        * sum(cap(p.stacks[cell]) - cap(stack) for at, stack in mine.items() for cell in enemies_beside(at)),
        "vulnerability": -cap_gaps(1),
        "overtake": cap_gaps(-1),
        "territory_closure": best(p.closure),
        "territory_safety": best(p.safety),
        "line_potential": mean(p.lines),
        "connectivity": mean(p.links),
        "victory_proximity": p.proximity(view) - near[0],
        "opponent_victory_threat": -max(0, near[0] - p.proximity(view)),
        "forced_elimination_risk": -risk,
        "lps_advantage": (
            (sum(not acts(seat) for seat in opponents) / len(opponents) if acts(view) else -1) if many else 0
        ),
        "multi_leader": -(near[0] - near[1]) if many else 0,
        "recovery_potential": mean(lambda seat: min(p.buried(seat), len(p.own_markers(seat)))),
        "recovery_eligibility": mean(lambda seat: int(p.eligible(seat))),
        "buried_rings": mean(p.buried),
        "recovery_threat": -beside(view, threatening),
        "chain_risk": -max(p.extra_attacks(seat) for seat in opponents),
        "chain_potential": p.extra_attacks(view),
        "tempo": int(p.phase in ("CA", "CH") and p.player == view),
        "forcing": sum(not acts(seat) and bool(p.own_stacks(seat)) for seat in opponents),
        "endgame": progress * (best(lambda seat: p.eliminated[seat]) + best(lambda seat: p.territory[seat])),
        "transition": 4 * progress * (1 - progress) * mean(p.ring_count),
        "synergy": mean(lambda seat: beside(seat, set(p.own_markers(seat)))),
        "defence": mean(lambda seat: beside(seat, set(p.own_stacks(seat))) / 2),
        "expansion": 0.1 * mean(lambda seat: sum(p.slides(at) for at in p.own_stacks(seat))),
        "frontier": mean(p.contacts),
    }
