"""A month of an organization trail that never was, to try detection on.

In: a seed, and how many accounts, days and events. Out: the log files as S3 holds them, check-outs, and the truth,
kept aside: every visit of root, every concern, every irregular file. The same seed gives the same bytes.
It is written from the documentation of CloudTrail, never from the code that detects: each is the other's witness.
"""
