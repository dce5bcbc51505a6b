"""What would a change of policies have denied?

Takes the policies of now, the change, and calls as a log tells them; gives for each call whether the policies after the
change deny it and those of now do not, with the statements and with what it depends on. It reads no log and no clock,
and what a log does not tell is never taken for harmless. Specification: `docs/guardrails-replay.md`.
"""
