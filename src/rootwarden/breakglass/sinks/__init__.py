"""Who else holds the newest head? Sinks outside the broker's administration, asked before every release.

Takes: signed heads and the log's own bytes. Gives: receipts, health, and at start-up whether the log was set back.
Law: BG-4 and BG-5; a head is anchored when enough sinks that count have taken it.
Never: waits without a limit, lets one sink stop another, or takes silence for a receipt.
"""
