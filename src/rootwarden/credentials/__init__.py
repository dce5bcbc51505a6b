"""Which root credentials are there, and how do they go? Removed from members, wave by wave, through `sts:AssumeRoot`.

Takes: evidence of an organization, then a plan and a journal. Gives: the plan, what was done, what is left.
Uses: `rollout` for waves and the journal, the policy engine to know beforehand what a service control policy denies.
Never: changes anything without a plan, an intent on the disk, and a fresh look that agrees with the plan.
"""
