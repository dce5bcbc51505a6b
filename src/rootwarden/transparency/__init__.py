"""What was written, and can it be proven? A transparency log: Merkle trees, signed heads, one spelling of JSON.

Takes: entries as bytes, hashes, keys. Gives: roots, inclusion and consistency proofs, signatures over tree heads.
Source: RFC 9162 (Certificate Transparency 2), section 2.1; RFC 8785 (JSON Canonicalization Scheme); RFC 8032 (Ed25519).
Pure: it reads no file and no clock, and keeps nothing.
Never: believes an entry, or a head, that it cannot prove.
"""
