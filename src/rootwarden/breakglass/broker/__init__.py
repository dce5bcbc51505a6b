"""Joins log, people, sinks and vault: what somebody wishes becomes an entry, and only then something leaves.

Takes: wishes of people, their signatures, evidence. Gives: what the protocol lets leave, views of the state, notices.
The replayed state alone says who may do what; it appends before it tells, and anchors before it releases.
Never: keeps a seed, a password or a code, or has credentials that read AWS accounts.
"""
