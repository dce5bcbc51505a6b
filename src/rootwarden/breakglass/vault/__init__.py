"""A process that holds keys for moments, and gives codes: another user, a Unix socket, no network (docs/vault.md).

Takes: requests of the broker with the log's new entries. Gives: sealed blobs, codes, passwords the log allows.
It replays the log itself, remembers the newest head it ever saw, and computes in children that live milliseconds.
Never: gives a seed away, writes a secret anywhere, or believes a caller where it can look into the log.
"""
