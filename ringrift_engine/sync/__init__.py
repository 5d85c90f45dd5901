"""Verified intake of shards: what a store offers or an inbox holds, copied with proof of its content, and a receipt for
every copy.
"""

from ringrift_engine.sync.inbox import Received, clear, files_in, owner_of, receive, set_aside
from ringrift_engine.sync.intake import Intake, take_in, wanted_of
from ringrift_engine.sync.manifest import manifest_of, verify_against
from ringrift_engine.sync.receipts import Receipt, Receipts

__all__ = [
    "Intake",
    "Receipt",
    "Receipts",
    "Received",
    "clear",
    "files_in",
    "manifest_of",
    "owner_of",
    "receive",
    "set_aside",
    "take_in",
    "verify_against",
    "wanted_of",
]
