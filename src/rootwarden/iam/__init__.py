"""Who could do what, and who could become root?

Takes policies, principals and the organization's guardrails as typed facts; gives decisions with the statement that
made each, and the ways up to root-equivalent permissions. It never asks AWS and never guesses: what depends on
something that is not known is answered "depends", with what it depends on. Specification: `docs/iam-evaluation.md`.
"""
