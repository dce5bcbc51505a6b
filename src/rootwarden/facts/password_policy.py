"""The account's IAM password policy. It binds IAM users, never root (IAM user guide)."""

from __future__ import annotations

import msgspec

from rootwarden.facts.fact import Fact, Unknown

_NOT_COLLECTED = Unknown("not collected")


class PasswordPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """What `GetAccountPasswordPolicy` tells; a limit nobody set is absent.

    Attributes:
        minimum_length: Characters.
        maximum_age: Days until a password expires; absent when passwords do not expire.
        reuse_prevention: How many former passwords may not come back; absent when any may.
        hard_expiry: An expired password can only be reset by an administrator.
    """

    minimum_length: Fact[int] = _NOT_COLLECTED
    require_symbols: Fact[bool] = _NOT_COLLECTED
    require_numbers: Fact[bool] = _NOT_COLLECTED
    require_uppercase: Fact[bool] = _NOT_COLLECTED
    require_lowercase: Fact[bool] = _NOT_COLLECTED
    users_may_change: Fact[bool] = _NOT_COLLECTED
    expires: Fact[bool] = _NOT_COLLECTED
    maximum_age: Fact[int] = _NOT_COLLECTED
    reuse_prevention: Fact[int] = _NOT_COLLECTED
    hard_expiry: Fact[bool] = _NOT_COLLECTED
