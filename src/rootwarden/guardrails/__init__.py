"""What stands in the way of root?

Takes the service control policies on an account's path as parsed documents; gives which questions about root they
decide, with the policy and statement named. It never asks AWS and never guesses what a statement it does not
understand would do: that question stays unknown.
"""
