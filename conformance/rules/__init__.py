"""The rules: pure functions of a case (journal, world, profile, retailer), one file per chapter of the catalogue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.rules import contracts, discounts, dit, driver, due, errors, payouts, privacy, xml
from conformance.rules.model import Rule, Verdict

if TYPE_CHECKING:
    from conformance.rules.evidence import Case

ALL_RULES: tuple[Rule, ...] = (
    xml.valid_by_schema,
    xml.utf8,
    xml.record_count,
    dit.whole_list_read,
    dit.deleted_after_reading,
    dit.confirmed_before_deleting,
    dit.not_too_often,
    dit.own_versions,
    dit.accepted,
    dit.recovered_in_order,
    dit.not_too_large,
    dit.fetched,
    contracts.new_contracts_reported,
    contracts.number_as_signed,
    contracts.content_as_signed,
    contracts.ends_reported,
    contracts.changes_reported,
    contracts.sub_users_reported,
    contracts.nothing_invented,
    contracts.document_ids_unique,
    discounts.termination_honoured,
    discounts.catch_up_applied,
    discounts.categories_add_up,
    discounts.unknown_contract_answered,
    payouts.net_bill_only,
    payouts.no_more_than_granted,
    payouts.all_that_is_due,
    payouts.rightly_split,
    payouts.lapse,
    payouts.payouts_reported,
    payouts.paid_once,
    payouts.as_billed,
    payouts.reversals,
    payouts.empty_months,
    payouts.two_decimals,
    payouts.as_on_the_bill,
    payouts.nothing_applied_reported,
    due.contracts_in_time,
    due.payouts_in_time,
    errors.corrected,
    errors.sent_again,
    privacy.own_data_only,
    driver.answers,
)
"""All rules, in the order of the catalogue; each judges one requirement."""


def judge(case: Case) -> tuple[Verdict, ...]:
    """What every rule says of a case. Rules share the case's views, but none of them sees another's verdict."""
    return tuple(rule(case) for rule in ALL_RULES)
