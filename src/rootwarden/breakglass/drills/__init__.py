"""Does it work on the day? Drills: planned for each account and kind, done the real way, with outcome and evidence.

Takes: plans, and what the log has of drills. Gives: what is due, what is overdue, lines of `drills.jsonl` for the KPIs.
Pure. A drill of the full path is a real request, marked as a drill; nothing about it is easier.
Never: counts a drill nobody finished, or one somebody says they did without evidence.
"""
