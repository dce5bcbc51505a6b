"""May it run here, and does what it needs come from what it protects? (BG-14)

Takes: clues about this machine, declarations of what the broker depends on, signed waivers. Gives: findings, alerts.
Looking is done in `gather`, reading in `declared`, judging is pure.
Never: takes a place it does not know for one that is fine.
"""
