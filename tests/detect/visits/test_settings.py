from __future__ import annotations

import pytest

from rootwarden.detect.visits.detection import Accounts
from rootwarden.detect.visits.settings import parse_settings
from rootwarden.errors import InputError

WHOLE = """
networks = ["198.51.100.0/24", "2001:db8::/32"]

[[expected_caller]]
caller = "arn:aws:sts::000011110000:assumed-role/RootAudit/*"
task_policies = ["IAMAuditRootUserCredentials"]

[[password_store]]
arn = "arn:aws:secretsmanager:eu-west-1:000011110000:secret:root-AbCdEf"
accounts = ["000011112222"]

[thresholds]
quiet_minutes = 30
"""


def test_the_file_is_read() -> None:
    settings = parse_settings(WHOLE, name="s.toml")
    caller = "arn:aws:sts::000011110000:assumed-role/RootAudit/me"
    assert settings.expects(caller, "IAMAuditRootUserCredentials")
    assert not settings.expects(caller, "S3UnlockBucketPolicy")
    assert not settings.expects(f"x{caller}", "IAMAuditRootUserCredentials")
    assert not settings.expects("", "IAMAuditRootUserCredentials")
    assert (settings.thresholds.quiet_minutes, settings.thresholds.burst) == (30, 3)


def test_a_star_alone_expects_nobody_who_is_not_named() -> None:
    text = '[[expected_caller]]\ncaller = "*"\ntask_policies = ["IAMAuditRootUserCredentials"]'
    assert not parse_settings(text, name="s").expects("", "IAMAuditRootUserCredentials")


def test_who_is_neither_management_nor_standalone_is_a_member_once_a_management_account_is_named() -> None:
    known = parse_settings(
        'management_accounts = ["000000000000"]\nstandalone_accounts = ["222200000000"]', name="s.toml"
    )
    places = [known.place_of(account) for account in ("000000000000", "222200000000", "111100000000", "")]
    assert places == [Accounts.MANAGEMENT, Accounts.STANDALONE, Accounts.MEMBER, Accounts.ANY]
    alone = parse_settings('standalone_accounts = ["222200000000"]', name="s.toml")
    assert [alone.place_of(account) for account in ("222200000000", "111100000000")] == [
        Accounts.STANDALONE,
        Accounts.ANY,
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("netwoks = []", "netwoks"),
        ('networks = ["somewhere"]', "`somewhere` is no network"),
        ("[thresholds]\nquiet_minutes = 0", "quiet_minutes"),
        ("[thresholds]\nquiet_minutes = 1e9", "quiet_minutes"),
        ("[[expected_caller]]\ncaller = 'x'", "task_policies"),
        ('management_accounts = ["payer"]', "management_accounts"),
        (
            'management_accounts = ["000000000000"]\nstandalone_accounts = ["000000000000"]',
            "`000000000000` is named as management and as standalone account",
        ),
        ("= 3", "s.toml"),
        ("a = " + "[" * 5000, "s.toml"),
    ],
)
def test_a_mistake_is_refused_with_its_place(text: str, words: str) -> None:
    with pytest.raises(InputError, match=r"s\.toml") as caught:
        parse_settings(text, name="s.toml")
    assert words in caught.value.message
