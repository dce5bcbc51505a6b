"""How are we all doing? The figures of a whole fleet over time.

Takes: the observation table, one row an account and run, and the parameters to count by.
Gives: the study, the estimate of what sampling hid, comparisons, and synthetic fleets to try them on.
Never: does I/O, reads a clock, or counts an account nobody could read as one where nothing was found.
"""
