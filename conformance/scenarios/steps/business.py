"""Steps of the retailer's business: contracts, sub-users, bills."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from pytest_bdd import given, when

from conformance.scenarios.environment import Environment, ScenarioError
from conformance.scenarios.steps.sentences import Sentence
from simulator.domain.model import Address, ContractRecord, Operation, Period, Person


@given(Sentence("{person} is protected by nothing"))
def _not_protected(environment: Environment, person: str) -> None:
    environment.population.person(person)


@when(Sentence("{person} signs contract {contract} from {day}"))
def _signs(environment: Environment, person: str, contract: str, day: date) -> None:
    environment.business.apply({"kind": "contract.new", **_new_contract(environment, person, contract, day)})


@when(Sentence("{person} signs contract {contract} of the other retailer from {day}"))
def _signs_with_other_retailer(environment: Environment, person: str, contract: str, day: date) -> None:
    holder = environment.business.customers.person(person, day)
    environment.neighbour().report(
        ContractRecord(
            operation=Operation.NEW,
            contract=contract,
            metering_point=environment.business.customers.metering_point(f"other {contract}"),
            address=Address(environment.population.person(person).address),
            holder=Person(**holder),
            sub_users=(),
            valid_from=day,
        )
    )


@when(Sentence("contract {contract} ends on {day}"))
def _ends(environment: Environment, contract: str, day: date) -> None:
    environment.business.contract(contract)["valid_to"] = day.isoformat()
    environment.business.apply({"kind": "contract.end", "contract": contract, "valid_to": day.isoformat()})


@when(Sentence("{person} becomes a sub-user on contract {contract} from {day}"))
def _sub_user_joins(environment: Environment, person: str, contract: str, day: date) -> None:
    environment.require("sub_users")
    environment.business.apply(
        {
            "kind": "sub_user.add",
            "contract": environment.business.contract(contract)["contract"],
            "person": environment.business.customers.person(person, day),
            "address": environment.business.customers.address(person),
            "valid_from": day.isoformat(),
        }
    )


@when(Sentence("{person} is no longer a sub-user on contract {contract} after {day}"))
def _sub_user_leaves(environment: Environment, person: str, contract: str, day: date) -> None:
    environment.business.apply(
        {
            "kind": "sub_user.end",
            "contract": environment.business.contract(contract)["contract"],
            "person": {"code": environment.business.customers.person(person, day)["code"]},
            "valid_to": day.isoformat(),
        }
    )


@when(Sentence("the retailer learns the new personal code of {person} on contract {contract}"))
def _new_code(environment: Environment, person: str, contract: str) -> None:
    _change_code(environment, person, contract)


@when(Sentence("the retailer learns the new name of {person} on contract {contract}"))
def _new_name(environment: Environment, person: str, contract: str) -> None:
    data = environment.business.contract(contract)
    given, surname = environment.business.customers.new_names[person]
    data["holder"] = {**data["holder"], "given_name": given, "surname": surname}
    environment.business.apply({"kind": "contract.change", **data})


@when(Sentence("the end of contract {contract} is withdrawn"))
def _end_withdrawn(environment: Environment, contract: str) -> None:
    data = environment.business.contract(contract)
    data["valid_to"] = None
    environment.business.apply({"kind": "contract.change", **data})


@when(Sentence("these people sign contracts from {day}"))
def _crowd_signs(environment: Environment, day: date) -> None:
    contracts = (
        _new_contract(environment, person, f"77{number:06d}", day)
        for number, person in enumerate(environment.population.crowds, 1)
    )
    environment.business.apply(*({"kind": "contract.new", **contract} for contract in contracts))


@when(Sentence("the retailer bills each of these people for {month}: {amount} EUR net"))
def _bills_crowd(environment: Environment, month: Period, amount: Decimal) -> None:
    crowd = environment.population.crowds
    contracts = [contract for contract, person in environment.business.holders.items() if person in crowd]
    environment.business.bill(month, [(contract, amount) for contract in contracts])


@when(Sentence("the retailer corrects the personal code of {person} on contract {contract}"))
@when(Sentence("the retailer mends the personal code of {person} on contract {contract}"))  # reproducers up to 0.1
def _corrects_code(environment: Environment, person: str, contract: str) -> None:
    environment.require("corrections")
    environment.business.customers.correct_code(person)
    _change_code(environment, person, contract)


@when(Sentence("the retailer bills contract {contract} for {month}: {amount} EUR net"))
def _bills(environment: Environment, contract: str, month: Period, amount: Decimal) -> None:
    environment.business.bill(month, [(environment.business.contract(contract)["contract"], amount)])


@when(Sentence("the retailer bills for {month}:"))
def _bills_table(environment: Environment, month: Period, datatable: list[list[str]]) -> None:
    heading, *rows = datatable
    if heading != ["contract", "EUR net"]:
        raise ScenarioError(f"a table of bills has the columns contract and EUR net, not {heading}")
    amounts = [(environment.business.contract(contract)["contract"], Decimal(net)) for contract, net in rows]
    environment.business.bill(month, amounts)


@when(Sentence("the retailer bills nothing for {month}"))
def _bills_nothing(environment: Environment, month: Period) -> None:
    environment.business.bill(month, [])


@when(Sentence("the retailer takes back its bill of contract {contract} for {month}"))
def _reverses(environment: Environment, contract: str, month: Period) -> None:
    environment.business.reverse(contract, month)


@when(Sentence("the retailer is asked for the state of contract {contract}"))
def _asked(environment: Environment, contract: str) -> None:
    environment.business.status(environment.business.contract(contract)["contract"])


def _new_contract(environment: Environment, person: str, contract: str, day: date) -> dict[str, Any]:
    """Note a contract as signed and return its data in the driver protocol's words."""
    data = {
        "contract": contract,
        "metering_point": environment.business.customers.metering_point(contract),
        "address": environment.business.customers.address(person),
        "holder": environment.business.customers.person(person, day),
        "valid_from": day.isoformat(),
        "valid_to": None,
    }
    environment.business.contracts[contract], environment.business.holders[contract] = data, person
    return data


def _change_code(environment: Environment, person: str, contract: str) -> None:
    data = environment.business.contract(contract)
    previous = data["holder"]["code"]
    data["holder"] = environment.business.customers.person(person, environment.now.date())
    environment.business.apply({"kind": "contract.change", **data, "previous_code": previous})
