"""The six digits: computed from a seed, for one step, at a time that can be trusted, and never twice.

Takes: a seed from a QR image or text, what the clocks and others say of the time, a step `core` allowed.
Gives: whether the time can be trusted, the code of a step, a ledger of steps on disk.
Source: RFC 4226 (HOTP), RFC 6238 (TOTP), the otpauth convention, AWS IAM guide (virtual MFA devices).
Never: prints a seed or a code, keys anything by the digits of a code, or takes an unknown time for a good one.
"""
