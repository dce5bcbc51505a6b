"""What root did, told: takes a `Told`, gives text in one format a module (terminal, CSV, HTML page, OCSF).

A visit or concern is never dropped, reordered by importance of its account, or shown as milder than it is; what could
not be read is said beside what was. Text out of records is hostile, and made harmless for the place it is printed in.
It never judges: verdicts, severities and reasons come from `detect.visits`.
"""
