"""The ledger's tables give the accounts that single ``Account`` objects give, for random bookings and withdrawals."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.aldis.account import Account, Bill, Grant
from simulator.aldis.columns import Amounts, Bills, Line
from simulator.aldis.contracts import ContractKey
from simulator.aldis.ledger import AccountKey, Ledger
from simulator.domain.model import PayoutRecord, Period

_CONTRACTS = [ContractKey(provider, contract) for provider in ("40000000001", "40000000002") for contract in "12"]
_KEYS = st.builds(AccountKey, st.sampled_from(_CONTRACTS), st.sampled_from("AB"), st.sampled_from([2026, 2027]))
_MONTHS = st.integers(1, 12)
# 21,474,836.47 EUR is the most that four bytes hold.
_MONEY = st.sampled_from([0, 1, 1999, 2**31 - 1, 2**31, 10**12]).map(lambda amount: Decimal(amount).scaleb(-2))
_INVOICES = st.sampled_from(["R-1", "R-2", "Rēķins 3", "a\0b", "garš" * 80])
_GRANTS = st.tuples(st.just("grant"), _KEYS, _MONTHS, _MONEY)
_BILLS = st.tuples(
    st.just("bill"),
    _KEYS,
    _MONTHS,
    st.tuples(_INVOICES, st.integers(0, 40), _MONEY, _MONEY, _MONEY, _MONEY),
    st.booleans(),
    st.sampled_from([None, None, "B", "C-7"]),
    st.sampled_from(["d1", "d2", "d3"]),
)
_WITHDRAWALS = st.tuples(st.just("withdraw"), st.sampled_from(_CONTRACTS), st.sampled_from(["d1", "d2", "d3"]))


def _bill(place: int, key: AccountKey, month: int, figures: tuple[object, ...], *rest: object) -> Bill:
    invoice, days, net, applied, carried, remainder = figures
    reversal, code, document = rest
    record = PayoutRecord(
        contract=key.contract.contract,
        person_code=str(code or key.person),
        period=Period(key.year, month),
        invoice_number=str(invoice),
        invoice_date=date(key.year, month, 1) + timedelta(days=int(str(days))),
        net_bill=Decimal(str(net)),
        applied=Decimal(str(applied)),
        carried_over=Decimal(str(carried)),
        remainder=Decimal(str(remainder)),
        reversal=bool(reversal),
    )
    return Bill((int(str(document)[1:]), place), str(document), record)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.one_of(_GRANTS, _BILLS, _BILLS, _WITHDRAWALS), max_size=40))
def test_the_tables_hold_the_accounts(history: list[tuple]) -> None:  # type: ignore[type-arg]
    ledger, accounts = Ledger(), dict[AccountKey, Account]()
    for place, (what, *event) in enumerate(history, start=1):
        match what:
            case "grant":
                key, month, amount = event
                grant = Grant(Period(key.year, month), amount)
                ledger.grant(key, grant)
                accounts[key] = accounts.get(key, Account()).with_grant(grant)
            case "bill":
                key, *rest = event
                bill = _bill(place, key, *rest)
                ledger.bill(key, bill)
                accounts[key] = accounts.get(key, Account()).with_bill(bill)
            case _:
                contract, document = event
                ledger.withdraw(contract.provider, document)
                for key, account in accounts.items():
                    if key.contract.provider == contract.provider:
                        accounts[key] = account.without_document(document)
    for key, account in accounts.items():
        found = ledger.account(key)
        assert (found.bills, found.reversals) == (account.bills, account.reversals)
        assert all(
            found.granted(Period(key.year, month)) == account.granted(Period(key.year, month)) for month in range(1, 13)
        )
    for contract in _CONTRACTS:
        for year in (2026, 2027):
            own = sorted(key for key in accounts if (key.contract, key.year) == (contract, year))
            assert ledger.on_contract(contract, year) == own
            assert (contract in ledger.contracts(contract.provider, year)) == bool(own)


def _line(document: int, invoice: str) -> Line:
    return Line(739_000, 24_312, 1, 1, document, invoice, 1000, 500, 0, 0, reversal=False, code=None)


def test_what_is_taken_out_of_a_table_leaves_its_room_to_others() -> None:
    bills = Bills(24_312, (1, 1))
    for number in range(100):
        assert bills.put(number, _line(number % 2, f"R-{number:03}"))
    room = len(bills.text)
    for _ in range(20):
        bills.drop({1})
        assert bills.line(1) is None
        assert bills.line(98) == _line(0, "R-098")
        for number in range(1, 100, 2):
            assert bills.put(number, _line(1, f"R-{number:03}"))
    assert len(bills.text) == room
    assert bills.line(99) == _line(1, "R-099")


def test_a_table_of_amounts_holds_any_amount() -> None:
    amounts = Amounts()
    amounts.add(3, 2**31 - 1)
    amounts.add(3, 1)
    amounts.add(1, 5)
    assert [amounts[number] for number in range(6)] == [0, 5, 0, 2**31, 0, 0]
