"""Are these the log files CloudTrail wrote, all of them? Digest chains, signatures, gaps.

In: a copy of a trail's bucket or the bucket, and public keys. Out: a `Verification`: each chain, what of it is proven,
what is not, what cannot be told. Never: a guess; what could not be looked at is `unknown`.
"""
