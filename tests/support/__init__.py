"""What several tests need: recorded games, replaying them, random games."""
