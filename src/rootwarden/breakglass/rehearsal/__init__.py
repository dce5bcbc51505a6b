"""People who do not exist, with keys that do: what the demo, drills on paper and tests play break-glass with.

Takes: names and an instant. Gives: a founded log, and people who sign what they are asked to.
Their keys are made here and are worth nothing; nothing of it is ever taken into a real log.
Never: reads a clock or a network, or skips a check; it plays by the rules of `core.step`.
"""
