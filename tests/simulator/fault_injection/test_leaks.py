"""In any world, no mailbox has data of another retailer's customer; an injected leak is detected."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulator.domain.model import Address, ChannelName, ContractRecord, Operation, Person, SubUser
from simulator.fault_injection.faults import LEAK, Faults, FaultsError, InjectedFault
from simulator.world.generator import generate_world
from simulator.world.model import Contract, Resident, Retailer, World
from tests.simulator.aldis.country import Country


def _record(world: World, contract: Contract, operation: Operation = Operation.NEW) -> ContractRecord:
    people: dict[str, Resident] = {resident.code: resident for resident in world.residents}

    def person(code: str) -> Person:
        return Person(code, people[code].given_name, people[code].surname)

    return ContractRecord(
        operation=operation,
        contract=contract.number,
        metering_point=contract.metering_point,
        address=Address(people[contract.holder].address),
        holder=person(contract.holder),
        sub_users=tuple(
            SubUser(person(sub_user), Address(people[sub_user].address)) for sub_user in contract.sub_users
        ),
        valid_from=contract.valid_from,
        valid_to=contract.valid_to,
    )


def play(world: World, until: date, faults: Faults | None = None) -> Country:
    """Run a world to a day: all retailers report all their contracts, and some bad records, on the first day."""
    country = Country(world, faults=faults or Faults())
    for retailer in world.retailers:
        own = [contract for contract in world.contracts if contract.provider == retailer.registration_number]
        records = [_record(world, contract) for contract in own]
        if records:
            # A change of an unknown contract: refused, and reported only to the sender.
            records.append(_record(world, own[0], Operation.CHANGE))
            records[-1] = ContractRecord(**{**_fields(records[-1]), "contract": "UNKNOWN-1"})
        country.post(country.document(*records, channel=ChannelName.CONTRACT, retailer=retailer), retailer)
    country.aldis.wake()
    country.until(until)
    return country


def _fields(record: ContractRecord) -> dict[str, object]:
    return {name: getattr(record, name) for name in record.__dataclass_fields__}


def _customers(world: World, retailer: Retailer) -> set[str]:
    """Return the codes, without hyphens, of all persons on the retailer's contracts."""
    named = {
        code
        for contract in world.contracts
        if contract.provider == retailer.registration_number
        for code in (contract.holder, *contract.sub_users)
    }
    return {
        code.replace("-", "")
        for resident in world.residents
        if resident.code in named
        for code in (resident.code, *(change.earlier for change in resident.code_changes))
    }


def others_data(country: Country) -> list[tuple[str, str]]:
    """Return the user of each retailer with the codes and contracts in its mailbox that belong to others."""
    world, leaked = country.world, []
    for retailer in world.retailers:
        own = _customers(world, retailer)
        foreign = {
            code.replace("-", "")
            for resident in world.residents
            for code in (resident.code, *(change.earlier for change in resident.code_changes))
        } - own
        foreign |= {other.registration_number for other in world.retailers if other != retailer}
        foreign |= {
            contract.number for contract in world.contracts if contract.provider != retailer.registration_number
        } - {contract.number for contract in world.contracts if contract.provider == retailer.registration_number}
        for name in ChannelName:
            for message in country.mailbox(retailer, name):
                text = country.blob(message.payload.reference).decode().replace("-", "")
                leaked += [(retailer.user, identifier) for identifier in sorted(foreign) if identifier in text]
    return leaked


worlds = st.builds(
    generate_world, residents=st.integers(1, 25), retailers=st.integers(1, 4), seed=st.integers(0, 1_000_000)
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(worlds)
def test_no_mailbox_holds_anothers_customer(world: World) -> None:
    country = play(world, date(2026, 3, 8))
    try:
        assert others_data(country) == []
        # It is not empty mailboxes that were looked at.
        assert all(len(country.discounts(retailer)) == 3 for retailer in world.retailers)
    finally:
        country.store.close()


def test_the_property_sees_a_world_with_decisions() -> None:
    country = play(generate_world(residents=40, retailers=2, seed=3), date(2026, 2, 8))
    granted = [
        len(discount.records) for retailer in country.world.retailers for discount in country.discounts(retailer)
    ]
    country.store.close()
    assert min(granted) > 3


@pytest.mark.parametrize("victim", [0, 1])
def test_a_leak_on_purpose_is_found_out(victim: int) -> None:
    world = generate_world(residents=40, retailers=2, seed=3)
    faults = Faults()
    faults.arm(InjectedFault(LEAK, authority=world.retailers[victim].authority))
    country = play(world, date(2026, 2, 8), faults)
    leaked = others_data(country)
    (first, second) = country.acts("determine")
    country.store.close()
    assert {user for user, _ in leaked} == {world.retailers[victim].user}
    assert faults.taken(LEAK) == 1
    # The journal says that it was on purpose, and the month after all is well.
    assert (first["misbehaviour"], first["leaked_to"]) == (LEAK, [world.retailers[victim].authority])
    assert "misbehaviour" not in second


def test_a_leak_changes_nothing_for_aldis() -> None:
    world = generate_world(residents=40, retailers=2, seed=3)
    faults = Faults()
    faults.arm(InjectedFault(LEAK))
    faulty, honest = play(world, date(2026, 3, 22), faults), play(world, date(2026, 3, 22))
    assert faulty.acts("reconcile") == honest.acts("reconcile")
    assert [act["decided"] for act in faulty.acts("determine")] == [act["decided"] for act in honest.acts("determine")]
    for country in (faulty, honest):
        country.store.close()


def test_with_one_retailer_there_is_nothing_to_leak() -> None:
    faults = Faults()
    faults.arm(InjectedFault(LEAK))
    country = play(generate_world(residents=10, retailers=1, seed=3), date(2026, 2, 8), faults)
    country.store.close()
    assert faults.taken(LEAK) == 0


def test_a_leak_is_no_fault_of_a_call() -> None:
    faults = Faults()
    with pytest.raises(FaultsError, match="arm it on SendMessage2"):
        faults.arm(InjectedFault(LEAK, "ReceiveMessage2"))
    faults.arm(InjectedFault(LEAK))
    assert faults.take("SendMessage2", "100777") is None
