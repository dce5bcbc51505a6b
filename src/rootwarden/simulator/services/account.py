"""Account management: contacts, the root user's e-mail address, Regions.

Documented: asking for another account needs the management account (or a delegated administrator) and trusted access
for `account.amazonaws.com`; the management account asks for itself without naming itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rootwarden.simulator.refusal import Refusal

if TYPE_CHECKING:
    from rootwarden.simulator.account import Account
    from rootwarden.simulator.call import Call, Handler

ACCOUNT_PRINCIPAL: Final = "account.amazonaws.com"
_OPT_IN_REGIONS: Final = ("ap-east-1", "me-south-1")


def get_contact_information(call: Call) -> dict[str, Any]:
    """The primary contact."""
    contact = _asked_account(call).contact
    if contact is None:
        raise Refusal("ResourceNotFoundException", "No contact information found.", 404)
    return {
        "ContactInformation": {
            "FullName": contact.full_name,
            "AddressLine1": contact.address_line,
            "City": contact.city,
            "PostalCode": contact.postal_code,
            "CountryCode": contact.country_code,
            "PhoneNumber": contact.phone_number,
            "CompanyName": contact.company_name or None,
        }
    }


def get_alternate_contact(call: Call) -> dict[str, Any]:
    """The billing, operations or security contact."""
    kind = call.required("AlternateContactType")
    contacts = {str(known): contact for known, contact in _asked_account(call).alternate_contacts.items()}
    if kind not in {"BILLING", "OPERATIONS", "SECURITY"}:
        raise call.invalid("value at 'alternateContactType' failed to satisfy constraint")
    contact = contacts.get(kind)
    if contact is None:
        raise Refusal("ResourceNotFoundException", "No contact of the inputted alternate contact type found.", 404)
    return {
        "AlternateContact": {
            "Name": contact.name,
            "Title": contact.title,
            "EmailAddress": contact.email,
            "PhoneNumber": contact.phone_number,
            "AlternateContactType": kind,
        }
    }


def get_primary_email(call: Call) -> dict[str, Any]:
    """The root user's e-mail address of a member account."""
    call.required("AccountId")
    return {"PrimaryEmail": _asked_account(call).email}


def list_regions(call: Call) -> dict[str, Any]:
    """The Regions of an account and whether they are on."""
    account = _asked_account(call)
    wanted = set(call.texts("RegionOptStatusContains"))
    size = call.number("MaxResults", default=50, low=1, high=50)
    regions = [{"RegionName": name, "RegionOptStatus": "ENABLED_BY_DEFAULT"} for name in account.enabled_regions]
    regions += [{"RegionName": name, "RegionOptStatus": "DISABLED"} for name in opt_in_regions(call)]
    found = [region for region in regions if not wanted or region["RegionOptStatus"] in wanted]
    page, token = call.page(found, cursor="NextToken", size=size)
    return {"Regions": page, "NextToken": token}


def opt_in_regions(call: Call) -> tuple[str, ...]:
    """Regions that exist but that no account here has opted in to."""
    return _OPT_IN_REGIONS if call.world.partition == "aws" else ()


def _asked_account(call: Call) -> Account:
    asked = call.text("AccountId")
    if not asked:
        return call.account
    organization = call.world.organization
    refusal = call.denied(f"account:{call.operation}", f"account {asked[:12]}")
    if organization is None or asked == call.caller.account_id:
        raise refusal
    delegated = {d.account_id for d in organization.delegated if d.service_principal == ACCOUNT_PRINCIPAL}
    if call.caller.account_id not in {call.world.management_id, *delegated}:
        raise refusal
    if ACCOUNT_PRINCIPAL not in organization.trusted_services or asked == call.world.management_id:
        raise refusal
    if asked not in call.world or not call.state.is_listed(asked):
        raise refusal
    return call.world.account(asked)


OPERATIONS: dict[str, Handler] = {
    "GetContactInformation": get_contact_information,
    "GetAlternateContact": get_alternate_contact,
    "GetPrimaryEmail": get_primary_email,
    "ListRegions": list_regions,
}
