"""Verified intake of shards: what a store offers, copied with proof of its content, and a receipt for every copy."""

from ringrift_engine.sync.intake import Intake, take_in
from ringrift_engine.sync.manifest import manifest_of, verify_against
from ringrift_engine.sync.receipts import Receipt, Receipts

__all__ = ["Intake", "Receipt", "Receipts", "manifest_of", "take_in", "verify_against"]
