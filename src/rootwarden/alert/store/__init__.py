"""The database behind alerts: what was read, what was found, whom it has to reach, and who answered.

Takes: a database address, SQLite or PostgreSQL. Gives: transactions that are tried again while it is busy or gone.
Never: half a reading, two deliverers with one row, or an instant without its offset.
"""
