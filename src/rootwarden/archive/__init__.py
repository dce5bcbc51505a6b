"""Keep what was seen: append-only snapshots over time, one Parquet file a run, in a folder or below `s3://`.

Takes: the accounts of a run as they are read, or evidence somebody kept.
Gives: the observation table of all runs, the full facts of any account in any run, and whether a file is whole.
Never: changes a snapshot, shows half of one, or lets a file that cannot be read spoil the others.
"""
