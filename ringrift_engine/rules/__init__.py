"""The rules: one core of plain Python functions over fixed-size records, compiled by `backend` for CPU and CUDA.

Where to look:

    backend      how a rule is compiled, where compiled code is kept; which device is there
    device       entry points of a GPU; the only file that needs the `gpu` extra
    state        the record of one game; phases, cell codes, reasons
    tables       the record of one board's constants, which every rule gets as `board`
    moves        moves as 64-bit integers
    rows         sets of cells as rows of bits
    pieces       into how many pieces the board falls, for every colour whose markers are walls
    flood        one piece, cell by cell
    cells        the only functions that change the board
    placement, movement, capture, lines, territory, elimination, recovery
                 one family of rules each: what is legal, and what a move does
    turn         phases, turn ends, last player standing
    victory      when a game is over, who won, and why
    legal        the complete legal set of a position, and the part of it that players choose from
    apply        one move, on the game it is legal in

Text and traces: RULES.md; section numbers in docstrings are its.
"""
