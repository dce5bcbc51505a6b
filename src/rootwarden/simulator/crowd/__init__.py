"""Accounts with many users and roles whose standing is known, drawn from a seed.

In: how many accounts and principals, a seed. Out: accounts of the simulator, evidence folders, and the truth beside
them. It never looks for ways up: it plants them, and what it does not plant cannot be there.
"""
