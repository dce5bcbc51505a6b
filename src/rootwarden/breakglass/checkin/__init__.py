"""Was the account left as it was found? Duties judged on evidence, never on somebody's word.

Takes: facts of the account from before the visit and after it, acts of root in CloudTrail. Gives: a finding a duty.
Pure but for reading the evidence, which is the auditor's: the broker holds no credentials that read AWS accounts.
Never: calls a duty met that nobody could look at; unknown stays open (docs/break-glass-protocol.md, section 6).
"""
