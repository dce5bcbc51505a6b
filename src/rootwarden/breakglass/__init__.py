"""Open it, safely: requests, approvals, a vault that gives the code and never the seed, an audit log, drills.

Takes: what people ask and sign, evidence that a visit ended well. Gives: codes, leases, signed check-outs, a log that
anybody can verify. The law is docs/break-glass-protocol.md; each check cites its step.
Never: releases anything that is not in the log first, trusts a row of a database, or shows a seed.
"""
