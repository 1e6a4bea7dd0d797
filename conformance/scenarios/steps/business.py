"""Whens of the retailer's business: contracts, sub-users, bills."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from pytest_bdd import given, when

from conformance.scenarios.stage import ScenarioError, Stage
from conformance.scenarios.steps.words import Sentence
from simulator.documents.model import Address, ContractRecord, Operation, Period, Person


@given(Sentence("{person} is protected by nothing"))
def _plain(stage: Stage, person: str) -> None:
    stage.population.person(person)


@when(Sentence("{person} signs contract {contract} from {day}"))
def _signs(stage: Stage, person: str, contract: str, day: date) -> None:
    state = _paper(stage, person, contract, day)
    stage.contracts[contract], stage.holders[contract] = state, person
    stage.apply(kind="contract.new", **state)


@when(Sentence("{person} signs contract {contract} of the other retailer from {day}"))
def _signs_elsewhere(stage: Stage, person: str, contract: str, day: date) -> None:
    holder = stage.population.noted(person, day)
    stage.neighbour().report(
        ContractRecord(
            operation=Operation.NEW,
            contract=contract,
            metering_point=stage.population.metering_point(f"other {contract}"),
            address=Address(stage.population.person(person).address),
            holder=Person(**holder),
            sub_users=(),
            valid_from=day,
        )
    )


@when(Sentence("contract {contract} ends on {day}"))
def _ends(stage: Stage, contract: str, day: date) -> None:
    _known(stage, contract)["valid_to"] = day.isoformat()
    stage.apply(kind="contract.end", contract=contract, valid_to=day.isoformat())


@when(Sentence("{person} becomes a sub-user on contract {contract} from {day}"))
def _sub_user(stage: Stage, person: str, contract: str, day: date) -> None:
    stage.need("sub_users")
    stage.apply(
        kind="sub_user.add",
        contract=_known(stage, contract)["contract"],
        person=stage.population.noted(person, day),
        address=stage.population.address(person),
        valid_from=day.isoformat(),
    )


@when(Sentence("{person} is no longer a sub-user on contract {contract} after {day}"))
def _sub_user_leaves(stage: Stage, person: str, contract: str, day: date) -> None:
    stage.apply(
        kind="sub_user.end",
        contract=_known(stage, contract)["contract"],
        person={"code": stage.population.noted(person, day)["code"]},
        valid_to=day.isoformat(),
    )


@when(Sentence("the retailer learns the new personal code of {person} on contract {contract}"))
def _new_code(stage: Stage, person: str, contract: str) -> None:
    _change_code(stage, person, contract)


@when(Sentence("the retailer learns the new name of {person} on contract {contract}"))
def _new_name(stage: Stage, person: str, contract: str) -> None:
    state = _known(stage, contract)
    given, surname = stage.population.renamed[person]
    state["holder"] = {**state["holder"], "given_name": given, "surname": surname}
    stage.apply(kind="contract.change", **state)


@when(Sentence("the end of contract {contract} is withdrawn"))
def _end_withdrawn(stage: Stage, contract: str) -> None:
    state = _known(stage, contract)
    state["valid_to"] = None
    stage.apply(kind="contract.change", **state)


@when(Sentence("these people sign contracts from {day}"))
def _crowd_signs(stage: Stage, day: date) -> None:
    events = []
    for place, person in enumerate(stage.population.crowds, 1):
        state = _paper(stage, person, f"77{place:06d}", day)
        stage.contracts[state["contract"]], stage.holders[state["contract"]] = state, person
        events.append({"kind": "contract.new", **state})
    stage.apply_all(events)


@when(Sentence("the retailer bills each of these people for {month}: {amount} EUR net"))
def _bills_crowd(stage: Stage, month: Period, amount: Decimal) -> None:
    _at_month_end(stage, month)
    own = [contract for contract, person in stage.holders.items() if person in stage.population.crowds]
    stage.bill(month, [(each, amount) for each in own])


@when(Sentence("the retailer mends the personal code of {person} on contract {contract}"))
def _mended_code(stage: Stage, person: str, contract: str) -> None:
    stage.need("corrections")
    stage.population.mend(person)
    _change_code(stage, person, contract)


@when(Sentence("the retailer bills contract {contract} for {month}: {amount} EUR net"))
def _bills(stage: Stage, contract: str, month: Period, amount: Decimal) -> None:
    _at_month_end(stage, month)
    stage.bill(month, [(_known(stage, contract)["contract"], amount)])


@when(Sentence("the retailer bills for {month}:"))
def _bills_table(stage: Stage, month: Period, datatable: list[list[str]]) -> None:
    _at_month_end(stage, month)
    stage.bill(month, _amounts(stage, datatable))


@when(Sentence("the retailer bills nothing for {month}"))
def _bills_nothing(stage: Stage, month: Period) -> None:
    _at_month_end(stage, month)
    stage.bill(month, [])


@when(Sentence("the retailer takes back its bill of contract {contract} for {month}"))
def _cancels(stage: Stage, contract: str, month: Period) -> None:
    stage.cancel(contract, month)


@when(Sentence("the retailer is asked for the state of contract {contract}"))
def _asked(stage: Stage, contract: str) -> None:
    stage.status(_known(stage, contract)["contract"])


def _at_month_end(stage: Stage, month: Period) -> None:
    if stage.now.date() < month.last_day:
        stage.until(month.last_day, 18)


def _amounts(stage: Stage, table: list[list[str]]) -> list[tuple[str, Decimal]]:
    heading, *rows = table
    if heading != ["contract", "EUR net"]:
        raise ScenarioError(f"a table of bills has the columns contract and EUR net, not {heading}")
    return [(_known(stage, contract)["contract"], Decimal(net)) for contract, net in rows]


def _paper(stage: Stage, person: str, contract: str, day: date) -> dict[str, Any]:
    return {
        "contract": contract,
        "metering_point": stage.population.metering_point(contract),
        "address": stage.population.address(person),
        "holder": stage.population.noted(person, day),
        "valid_from": day.isoformat(),
        "valid_to": None,
    }


def _change_code(stage: Stage, person: str, contract: str) -> None:
    state = _known(stage, contract)
    previous = state["holder"]["code"]
    state["holder"] = stage.population.noted(person, stage.now.date())
    stage.apply(kind="contract.change", **state, previous_code=previous)


def _known(stage: Stage, contract: str) -> dict[str, Any]:
    if contract not in stage.contracts:
        raise ScenarioError(f"contract {contract} was never signed in this scenario")
    return stage.contracts[contract]
