"""Who attaches a guardrail, in which order, and who notices that it denies more than was foretold?

In: guardrails, what the organization has now, a replay. Out: a plan in waves, carried out with a journal, wave by wave,
and taken back when CloudTrail shows denials nobody foretold. It never detaches the last policy of a target, never
touches a policy the plan does not name, and never goes on after a surprise.
"""
