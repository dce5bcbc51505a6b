"""The world `patchwork` member by member: what is wrong with the n-th account, and which calls fail there.

The pattern repeats every forty accounts, so that a larger organization is as bad as a small one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rootwarden.simulator import parts
from rootwarden.simulator.knobs import Deny, ReportPolls, StaleReport, Throttle

if TYPE_CHECKING:
    from collections.abc import Callable

    from rootwarden.simulator.account import Account
    from rootwarden.simulator.knobs import Knob

PERIOD: Final = 40


def _virtual(account: Account) -> None:
    account.root.password = True
    account.root.password_last_used = parts.days_ago(200)
    account.root.devices = [parts.virtual_device(account.account_id)]


def _no_mfa(account: Account) -> None:
    account.root.password = True


def _active_key(account: Account) -> None:
    account.root.keys = [parts.root_key(account.account_id, created=parts.days_ago(1100), used=parts.days_ago(2))]


def _inactive_key(account: Account) -> None:
    account.root.keys = [parts.root_key(account.account_id, created=parts.days_ago(1100), active=False)]


def _certificate(account: Account) -> None:
    account.root.certificates = [parts.certificate()]


def _suspended(account: Account) -> None:
    account.state = "SUSPENDED"


def _closing(account: Account) -> None:
    account.state = "PENDING_CLOSURE"


def _no_audit_role(account: Account) -> None:
    account.roles = account.roles[1:]


def _used_yesterday(account: Account) -> None:
    account.root.password = True
    account.root.password_last_used = parts.days_ago(0.6)
    account.root.devices = [parts.hardware_totp()]


def _free_mail(account: Account) -> None:
    account.email = f"pat.founder.not.real+{account.account_id[-4:]}@gmail.com"


def _no_contacts(account: Account) -> None:
    account.alternate_contacts = {}


def _one_contact(account: Account) -> None:
    parts.one_contact_for_everything(account, account.email)


def _passkeys(account: Account) -> None:
    account.root.password = True
    account.root.password_last_used = parts.days_ago(30)
    account.root.devices = [parts.fido_device(account.account_id, "a"), parts.fido_device(account.account_id, "b")]


def _old_spelling(account: Account) -> None:
    account.root.password = True
    account.root.password_spelling = "not_supported"  # noqa: S105 - what older reports say, no password
    account.root.devices = [parts.fido_device(account.account_id, "only")]


def _new_account(account: Account) -> None:
    account.create_date = account.joined = parts.days_ago(10)
    account.root.password = True
    account.root.password_last_used = parts.days_ago(9)


def _broken_chain(account: Account) -> None:
    parts.add_root_alarm(account, organization=False)
    account.region(parts.HOME_REGION).topics[0].subscriptions[0].confirmed = False


def _user_named_like_root_device(account: Account) -> None:
    for user in account.users[:1]:
        user.devices = [parts.virtual_device(account.account_id)]


_FLAWS: Final[dict[int, Callable[[Account], None]]] = {
    3: _virtual,
    4: _no_mfa,
    5: _active_key,
    6: _inactive_key,
    7: _certificate,
    8: _suspended,
    9: _no_audit_role,
    13: _passkeys,
    15: _used_yesterday,
    16: _free_mail,
    17: _no_contacts,
    18: _one_contact,
    19: _closing,
    20: _passkeys,
    21: _old_spelling,
    22: _new_account,
    24: _broken_chain,
    26: _user_named_like_root_device,
    27: _no_mfa,
    28: _virtual,
}


def patchwork_member(account: Account) -> None:
    """Give a healthy member the flaw its position has."""
    flaw = _FLAWS.get(parts.number_of(account.account_id) % PERIOD)
    if flaw is not None:
        flaw(account)


def patchwork_knobs(account_ids: list[str]) -> tuple[Knob, ...]:
    """What fails in this world: five refusals, a stale report and a slow one in every forty, and throttling."""
    knobs: list[Knob] = [Throttle(call="iam:*", every=50)]
    for account_id in account_ids:
        match parts.number_of(account_id) % PERIOD:
            case 10:
                knobs.append(Deny(account=account_id, call="iam:GetAccountSummary"))
            case 11:
                knobs.append(Deny(account=account_id, call="iam:ListVirtualMFADevices"))
            case 12:
                knobs.append(Deny(account=account_id, call="iam:*CredentialReport"))
            case 13:
                knobs.append(StaleReport(account=account_id, age_seconds=7200, columns={"mfa_active": "false"}))
            case 14:
                knobs.append(ReportPolls(account=account_id, polls=3))
            case 25:
                knobs.append(Deny(account=account_id, call="account:*"))
            case 29:
                knobs.append(Deny(account=account_id, call="cloudtrail:*"))
    return tuple(knobs)
