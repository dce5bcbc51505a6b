"""Every kind of entry in one line of plain words, for the audit pages and the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rootwarden.breakglass.core import entry as log
from rootwarden.breakglass.core.duty import Duty

if TYPE_CHECKING:
    import msgspec

# Formats over the entry itself; reasons and other long words of people stay where the whole entry is shown.
_LINES: Final[dict[type[log.Entry], str]] = {
    log.LogBegun: "the log `{0.log}` begins",
    log.EpochBegun: "epoch {0.epoch} begins: everything open ends",
    log.ClockAttested: "two people attest the time {0.instant:%Y-%m-%d %H:%M:%S}, by `{0.source}`",
    log.SinkChanged: "the sink `{0.sink}` {1}",
    log.KeyOffered: "`{0.person}` offers a key",
    log.ChangeProposed: "`{0.actor}` proposes `{0.proposal}`: {1}",
    log.ChangeSeconded: "`{0.actor}` agrees to `{0.proposal}`: it holds from here on",
    log.PersonSuspended: "`{0.actor}` suspends `{0.person}`",
    log.LeaverSuspended: "`{0.person}` is on the list of leavers: suspended",
    log.RequestFiled: "`{0.actor}` files `{0.request.id}` for account {0.request.account}: `{0.request.task}`",
    log.ApprovalGiven: "`{0.actor}` approves `{0.request}`",
    log.RequestDenied: "`{0.actor}` denies `{0.request}`",
    log.RequestWithdrawn: "`{0.actor}` withdraws `{0.request}`",
    log.RequestReported: "`{0.actor}` reports `{0.request}`, which nobody announced; its requester is frozen",
    log.RequestExpired: "`{0.request}` is over without enough approvals",
    log.NoticeRecorded: "`{0.person}` {1} of entry {0.about}",
    log.LeaseOpened: "`{0.actor}` opens `{0.lease}` for `{0.request}`",
    log.CodeReleased: "a code of `{0.device}` for step {0.step} may leave for `{0.actor}`, under `{0.lease}`",
    log.PasswordReleased: "the root password may leave for `{0.actor}`, under `{0.lease}`",
    log.TaskSessionReleased: "`{0.actor}` may open a session with `{0.task_policy}`, under `{0.lease}`",
    log.ExportReleased: "a sealed export may leave for `{0.actor}`, under `{0.lease}`",
    log.LeaseEnded: "`{0.lease}` ends ({0.why}): duties begin",
    log.CheckedIn: "`{0.actor}` checks in `{0.lease}`: {1}",
    log.DutyAccepted: "an administrator and an approver accept `{0.duty}` of `{0.lease}` as it is",
    log.LeaseClosed: "`{0.lease}` is closed: every duty is met or accepted",
    log.CheckoutPublished: "the check-out of `{0.lease}` is published",
    log.EpochSealed: "the vault seals the custody group `{0.group}` in epoch {0.epoch}",
    log.OpeningBegun: "the custodians of `{0.group}` are asked for `{0.reference}`{1}",
    log.ShareGiven: "`{0.actor}` gives a share to `{0.opening}`",
    log.ShareRefused: "the share of `{0.custodian}` to `{0.opening}` is not taken: they may give again",
    log.OpeningEnded: "`{0.opening}` ends: {0.outcome}",
    log.RecordSealed: "`{0.actor}` brings a {0.holds} for account {0.account}: it is sealed",
    log.EnrolmentServed: "`{0.actor}` gets the two codes that enrol `{0.device}`",
    log.EnrolmentProven: "`{0.actor}` proves `{0.device}`: the source of its seed is {1}",
    log.DrillBegun: "the drill `{0.drill}` ({0.drill_kind}) on account {0.account} begins",
    log.DrillDone: "the drill `{0.drill}` ({0.drill_kind}) on account {0.account} ends: {0.outcome}",
    log.SignedIn: "`{0.actor}` signs in ({0.method})",
    log.HazardNoticed: "{0.severity}: {0.words}",
    log.AttemptRefused: "step {0.step} refuses `{0.attempted}` to `{0.actor}`, {0.count} times",
}

DUTY_WORDS: Final[dict[Duty, str]] = {
    Duty.MFA_DEVICES: "the same MFA devices as before",
    Duty.ACCESS_KEYS: "no access keys of root",
    Duty.CERTIFICATES: "no signing certificates of root",
    Duty.MAIL: "the same root e-mail address",
    Duty.PHONE: "the same phone number",
    Duty.CONTACTS: "the same alternate contacts",
    Duty.NO_LOGIN_REFRESH: "no `aws login` token issued or refreshed since",
    Duty.PASSWORD_ROTATED: "the password rotated, by somebody else than the visitor",
    Duty.PASSWORD_REMOVED: "the recovery password deleted again",
    Duty.REPORT: "what was done, in words",
}


def line_of(entry: log.Entry) -> str:
    """What an entry says, in one line."""
    return _LINES[type(entry)].format(entry, _varying(entry))


def _varying(entry: log.Entry) -> str:
    """The word of a line that depends on more than one field."""
    match entry:
        case log.SinkChanged():
            word = "accepts again" if entry.works else "does not accept"
        case log.NoticeRecorded():
            word = "is told" if entry.delivered else "could not be told"
        case log.EnrolmentProven():
            word = "destroyed" if entry.source_destroyed else "still there"
        case log.OpeningBegun():
            word = "" if entry.actor == log.SYSTEM else f" again, by `{entry.actor}`"
        case log.CheckedIn():
            met = sum(finding.shown == "met" for finding in entry.findings)
            word = f"{met} of {len(entry.findings)} duties are met"
        case log.ChangeProposed():
            word = str(entry.change.__struct_config__.tag)
        case _:
            word = ""
    return word


def entries_told() -> frozenset[type[msgspec.Struct]]:
    """The kinds of entries there are words for."""
    return frozenset(_LINES)
