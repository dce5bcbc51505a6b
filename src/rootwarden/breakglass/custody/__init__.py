"""Who can open what is sealed? Keys under keys, and at their top people: m of n custodians with ordinary age keys.

Takes: keys, plain records, custodians' recipients. Gives: envelopes, sealed blobs, exports, custody cards.
The formats are those of docs/vault-format.md; exports open with stock programs when this one is gone.
Never: prints a secret, opens a blob under another name than the log gives it, or takes a wrong share for a right one.
"""
