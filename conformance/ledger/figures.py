"""A person's year as JSON, for whatever else wants to read it."""

from __future__ import annotations

from conformance.ledger.words import euro
from simulator.aldis.account import Totals
from simulator.aldis.statement import ContractYear, Month, Statement, Told, totals_of


def as_json(found: Statement) -> dict[str, object]:
    """The whole statement as a JSON object; amounts are texts with two decimals, EUR."""
    return {
        "code": found.code,
        "name": found.name,
        "year": found.year,
        "totals": _totals(totals_of(found)),
        "contracts": [_contract(each) for each in found.contracts],
    }


def _totals(totals: Totals) -> dict[str, str]:
    return {
        "granted": euro(totals.granted),
        "applied": euro(totals.applied),
        "carried": euro(totals.carried),
        "lapsed": euro(totals.lapsed),
        "reversed": euro(totals.reversed),
    }


def _contract(of: ContractYear) -> dict[str, object]:
    return {
        "provider": of.provider,
        "retailer": of.retailer,
        "contract": of.contract,
        "through": str(of.through),
        "totals": _totals(of.totals),
        "months": [_month(each) for each in of.months],
        "differences": _told(of.differences),
    }


def _month(month: Month) -> dict[str, object]:
    return {
        "period": str(month.period),
        "granted": [
            {
                "on": each.on.isoformat(),
                "due": euro(each.due),
                "made_good": [{"period": str(period), "amount": euro(amount)} for period, amount in each.made_good],
                "ended": each.ended,
                "why": _told(each.why),
            }
            for each in month.granted
        ],
        "bills": [
            {
                "invoice": each.invoice,
                "issued": each.issued.isoformat(),
                "net": euro(each.net),
                "applied": euro(each.applied),
                "earlier": euro(each.earlier),
                "reported": each.reported.isoformat(),
                "cancelled": None if each.cancelled is None else each.cancelled.isoformat(),
            }
            for each in month.bills
        ],
        "refused": [
            {"invoice": each.invoice, "on": each.on.isoformat(), "why": _told(each.why)} for each in month.refused
        ],
        "left": euro(month.left),
    }


def _told(sentences: tuple[Told, ...]) -> list[dict[str, str]]:
    return [{"lv": each.lv, "en": each.en} for each in sentences]
