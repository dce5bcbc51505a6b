"""Puts the pieces of break-glass together as one settings file says: log, sinks, clock, vault, notices, chores.

Takes: a TOML file. Gives: a broker that runs, with what it needs around it; the processes of vault and witness too.
Nothing is decided here, and nothing is released here.
Never: takes a secret from the settings file itself; the file says where each is.
"""
