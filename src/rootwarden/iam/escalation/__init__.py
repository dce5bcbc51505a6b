"""Which steps lead from a few permissions to more?

Takes one file of the catalogue; gives the path it describes: permissions, whom they are used on, what is gained, and
what ends it. Holds no path itself (they are in `packs/escalation/`) and judges nobody: whether somebody can walk a
path is decided by evaluating policies.
"""
