"""The door for people with a browser and for programs: pages and an HTTP API over one broker.

Takes: HTTP requests. Gives: pages, JSON, and what the broker lets leave, each to the one person it is for.
Both doors make the same calls; what somebody may do is decided by the replayed log, never here.
Never: keeps a seed or a code, believes a header about who asks, or lets a session alone approve, release or change.
"""
