"""What was granted, and what of it is used?

Takes calls told by CloudTrail, policies, and what IAM says about services last accessed; gives for each user and role
what it used, what it did not, and what nobody can tell. It never takes silence of a log for "not used" where the log
could not have spoken: data events, permissions without a call of their own, files that could not be read.
"""
