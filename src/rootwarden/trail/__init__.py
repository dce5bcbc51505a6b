"""What happened? CloudTrail's log files, and whether they are what CloudTrail wrote.

In: a folder that mirrors a trail's bucket, or `s3://BUCKET/PREFIX`. Out: typed results, one per thing that was looked
at, in one order whatever the threads do. Never: writing to what is read, and taking what could not be read for good.
"""
