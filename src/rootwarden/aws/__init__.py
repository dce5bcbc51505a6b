"""The only door to AWS.

Takes: a call as data, whose credentials to make it with, and how much time is left.
Gives: the answer as a plain JSON document, or the error code; nothing here interprets either.
Never: makes a client per account, retries anything but throttling, or outlives its time limit.
"""
