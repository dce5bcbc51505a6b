"""What a change of policies would have denied, for people and machines.

Takes what a replay told; gives text for a terminal, the replay record as versioned JSON, groups as a table and events
as lines. It decides nothing. Specification: `docs/guardrails-replay.md`.
"""
