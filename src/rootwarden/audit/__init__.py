"""Is every root user all right? Joins facts, rules and packs into one answer.

Takes: the facts of accounts, the rules to judge by, exceptions, owners, an earlier run.
Gives: an `AuditResult`, which every report format and the exit code are made from.
Never: asks AWS anything, prints anything, or drops a finding.
"""
