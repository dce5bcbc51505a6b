"""The list of stories."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from rootwarden.simulator.trail.stories import (
    assumed,
    checked_out,
    console,
    keys,
    login,
    odd,
    services,
    sign_in_page,
    toward,
    wallet,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from rootwarden.simulator.trail.stage import Stage


class Story(NamedTuple):
    """A story.

    Attributes:
        tell: Tells it.
        days: For how many days its account is its own before quiet returns.
        once: It is told once in an account at most, since days apart do not keep two tellings apart.
    """

    tell: Callable[[Stage], None]
    days: int = 1
    once: bool = False

    @property
    def name(self) -> str:
        """Its name: `console.takes-over`."""
        module = self.tell.__module__.rpartition(".")[2].replace("_", "-")
        return f"{module}.{self.tell.__name__.replace('_', '-')}"


# Told in the management account.
MANAGES: Final = (
    Story(console.looks_around),
    Story(sign_in_page.fails_in_a_burst),
    Story(wallet.root_blinds_and_spends),
)

STORIES: Final = (
    Story(console.looks_around),
    Story(console.several_keys),
    Story(console.alias_and_capitals),
    Story(console.older_records),
    Story(console.sign_in_not_seen),
    Story(console.session_of_nobody),
    Story(console.only_signs_in),
    Story(console.late_sign_in),
    Story(console.refused),
    Story(console.without_mfa),
    Story(console.takes_over),
    Story(console.recovery_data),
    Story(console.omitted_request),
    Story(console.no_read_only),
    Story(console.completed_later),
    Story(console.two_at_once),
    Story(console.stays_long),
    Story(console.without_time),
    Story(console.without_id),
    Story(console.odd_kinds),
    Story(console.after_failures),
    Story(console.fails_between),
    Story(console.recovers),
    Story(sign_in_page.fails_once),
    Story(sign_in_page.fails_twice),
    Story(sign_in_page.fails_in_a_burst),
    Story(sign_in_page.fails_now_and_then),
    Story(sign_in_page.fails_patiently),
    Story(sign_in_page.fails_on_two_occasions),
    Story(sign_in_page.fails_after_success),
    Story(sign_in_page.fails_long_before),
    Story(sign_in_page.other_directory),
    Story(sign_in_page.asks_for_recovery),
    Story(sign_in_page.completes_recovery),
    Story(sign_in_page.new_password),
    Story(sign_in_page.new_address),
    Story(keys.nightly_script, days=3),
    Story(keys.two_keys),
    Story(keys.pauses),
    Story(keys.probes),
    Story(keys.session_token),
    Story(keys.federation_token),
    Story(keys.federated_console),
    Story(keys.federated_by_nobody),
    Story(login.logs_in),
    Story(login.logs_in_a_second_later),
    Story(login.logs_in_from_the_console),
    Story(assumed.expected_audit),
    Story(assumed.expected_audit_said),
    Story(assumed.audit_role_does_more),
    Story(assumed.stranger),
    Story(assumed.stranger_beyond),
    Story(assumed.call_not_seen),
    Story(assumed.two_calls),
    Story(assumed.unused_call),
    Story(assumed.unused_call_of_a_stranger),
    Story(assumed.unused_call_for_a_password),
    Story(assumed.refused_call),
    Story(services.stack_of_a_visit),
    Story(services.service_beside_a_visit),
    Story(services.service_beside_a_key),
    Story(services.service_alone),
    Story(services.linked_role),
    Story(services.service_events),
    Story(services.service_event_in_a_visit),
    Story(checked_out.as_declared),
    Story(checked_out.only_reads),
    Story(checked_out.second_visit),
    Story(checked_out.other_device),
    Story(checked_out.other_network),
    Story(checked_out.moves_away),
    Story(checked_out.beyond_the_task),
    Story(checked_out.other_task),
    Story(checked_out.never_used),
    Story(checked_out.before_the_day, days=2),
    Story(checked_out.unsigned),
    Story(checked_out.forged),
    Story(checked_out.changed),
    Story(checked_out.not_logged),
    Story(checked_out.approved_only),
    Story(checked_out.code_not_given),
    Story(checked_out.before_its_code),
    Story(checked_out.overstays),
    Story(checked_out.password_in_a_check_out),
    Story(checked_out.password_store),
    Story(wallet.root_blinds_and_spends),
    Story(wallet.root_blinds_and_widens),
    Story(wallet.root_does_all),
    Story(wallet.root_spends_first),
    Story(wallet.refused_to_blind),
    Story(wallet.user_of_root),
    Story(wallet.role_of_root),
    Story(wallet.through_a_stack),
    Story(wallet.old_user_of_root, days=8),
    Story(wallet.days_apart, days=3),
    Story(wallet.somebody_else),
    Story(toward.primary_email),
    Story(toward.contacts),
    Story(toward.central_root),
    Story(toward.guardrails),
    # All events of an account that have neither a time nor a session are one incident (docs/incidents.md, "One visit").
    Story(odd.no_time_at_all, once=True),
    Story(odd.account_in_the_arn),
    Story(odd.no_account),
)
