"""Ways out: one module for each kind of receiver.

Takes: a parcel, which has a key and what it tells of. Gives: whether the receiver took it, and what it said.
Never: tries again by itself, follows a redirect, prints a secret, or takes longer than its time.
"""
