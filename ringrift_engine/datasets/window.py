"""How many of the newest rows training sees: a window that grows with all rows, but slower than they do.

Early games are played by weak networks and should leave soon; later ones differ less and may stay longer. The power
law is KataGo's (github.com/lightvector/KataGo, python/shuffle.py).
"""

from dataclasses import dataclass

from ringrift_engine.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class WindowSettings:
    """The shape of the window; rows, not games."""

    minimum_rows: int = 250_000  # up to so many rows all are used
    exponent: float = 0.65  # of growth, above 0 and below 1
    scale: float = 0.4  # new window rows per new row where growth begins
    taper_rows: int = 50_000  # the smaller, the sooner growth slows down

    def __post_init__(self) -> None:
        if self.minimum_rows < 1 or self.taper_rows < 1:
            raise ConfigError(f"The window needs at least one row, not {self.minimum_rows} (taper {self.taper_rows}).")
        if not 0 < self.exponent < 1 or not self.scale > 0:
            raise ConfigError(
                f"The window grows with an exponent between 0 and 1 and a scale above 0, not {self.exponent} and "
                f"{self.scale}."
            )


def window_rows(available: int, settings: WindowSettings) -> int:
    """How many of `available` rows are used: all up to the minimum, then x = available - minimum + taper in

        (x^e - taper^e) / (e * taper^(e - 1)) * scale + minimum

    whose slope at the minimum is `scale`. Never more than there are.
    """
    if available <= settings.minimum_rows:
        return max(available, 0)
    taper, exponent = float(settings.taper_rows), settings.exponent
    reached = (available - settings.minimum_rows + taper) ** exponent - taper**exponent
    grown = reached / (exponent * taper ** (exponent - 1)) * settings.scale
    return min(available, int(grown + settings.minimum_rows))
