"""Decisions worked out by hand, EUR without VAT, month after month."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from simulator.aldis import rates
from simulator.aldis.columns import GrantBook
from simulator.aldis.contracts import ContractBook, ContractKey, Version
from simulator.aldis.decisions import Decision, Facts, decide
from simulator.aldis.rates import Rates
from simulator.aldis.register import Register
from simulator.documents.profile import load_profile
from simulator.domain.clock import RIGA
from simulator.domain.model import Category, ContractRecord, Operation, Period
from simulator.world.model import Arrears, Claim, Resident, Retailer, Spell
from tests.simulator.aldis.people import (
    ANNA,
    EDGARS_NEW,
    EDGARS_OLD,
    ILZE,
    JANIS,
    KAIMINS,
    PARAUGS,
    contract,
    counts,
    edgars,
    poor,
    world,
)


class Months:
    """ALDIS's determinations one after the other, on the 7th of each month."""

    def __init__(self, *facts: object, **fields: Any) -> None:
        register = Register(world(*facts, **fields), determination_day=7)
        contracts = ContractBook(register.identity)
        self.facts = Facts(register, Rates(load_profile().rates), contracts, GrantBook())
        self._said = 0

    def say(self, record: ContractRecord, on: date, retailer: Retailer = PARAUGS) -> None:
        """A retailer reports a contract on a day."""
        self._said += 1
        arrived = datetime(on.year, on.month, on.day, 10, tzinfo=RIGA)
        version = Version((self._said, 1), arrived, f"d{self._said}", record)
        self.facts.contracts.add(retailer.registration_number, version)

    def determine(self, month: str) -> list[Decision]:
        """The decisions of a month; what they granted counts for the next ones."""
        period = Period.parse(month)
        decisions = decide(self.facts, period, date(period.year, period.month, 7))
        for decision in decisions:
            self.facts.grants.add(decision.contract, decision.person, period, decision.record)
        return list(decisions)

    def brief(self, month: str) -> list[tuple[str, str, str]]:
        """The decisions of a month as contract, amount due with catch-up, status."""
        found = []
        for decision in self.determine(month):
            late = "".join(f" +{part.period}:{part.amount}" for part in decision.record.catch_up)
            found.append(
                (decision.contract.contract, f"{decision.record.amount_due}{late}", str(decision.record.status))
            )
        return found


def _spell(person: Resident, category: Category, since: date = date(2021, 1, 1), **fields: Any) -> Spell:
    return Spell(person.code, category, since, **fields)


def test_categories_stack() -> None:
    months = Months(_spell(ANNA, Category.LARGE_FAMILY), _spell(ANNA, Category.DISABLED_CHILD))
    months.say(contract("1"), date(2026, 1, 3))
    (decision,) = months.determine("2026-01")
    # Large family 25.00 + one child with a disability 20.00 = 45.00.
    assert decision.record.amount_due == Decimal("45.00")
    assert decision.record.categories == counts(disabled_child=1, large_family=1)
    assert decision.record.decision_date == date(2026, 1, 7)


def test_a_decision_says_why() -> None:
    months = Months(poor(ANNA))
    months.say(contract("1"), date(2026, 1, 3))
    (decision,) = months.determine("2026-01")
    why = "\n".join(reason.en for reason in decision.why)
    assert "poor or low-income since 2025-01-01" in why
    assert "1 x 20.00 EUR for 2026-01 (documented: Cabinet Regulation No. 345" in why
    assert "the person's only contract" in why


def test_a_decision_says_why_in_latvian_too() -> None:
    months = Months(_spell(ANNA, Category.DISABILITY_GROUP_1), arrears=(Arrears(ANNA.code, date(2025, 11, 1)),))
    months.say(contract("1"), date(2026, 1, 3))
    (decision,) = months.determine("2026-01")
    assert [reason.kind for reason in decision.why] == ["fact", "rule", "amount", "contract"]
    regulation = "Ministru kabineta 2021. gada 1. jūnija noteikumi Nr. 345"
    assert [reason.lv for reason in decision.why] == [
        "persona ar I grupas invaliditāti no 2021-01-01",
        f"uzturlīdzekļu parāds UGF no 2025-11-01, bet I grupai kopš 2023-01 ir izņēmums. {regulation} (dokumentēts)",
        f"persona ar I grupas invaliditāti: 1 x 20.00 EUR par 2026-01 (dokumentēts: {regulation} ar grozījumiem)",
        "līgums 1 (tirgotājs 40009990008): personas vienīgais līgums",
    ]


def test_every_reason_differs_between_the_languages_and_names_the_same() -> None:
    debt, spell = Arrears(ANNA.code, date(2025, 11, 1)), poor(ANNA, until=date(2026, 5, 1), known_from=date(2026, 2, 1))
    claim, month = Claim(ANNA.code, PARAUGS.registration_number, "404"), Period(2026, 3)
    rate = load_profile().rates[0]
    said = [
        rates.category_holds(spell),
        rates.arrears_exclude(debt, month),
        rates.arrears_exempt(debt, month),
        rates.rate_applies(rate, 2, month),
        rates.no_rate(Category.GUARDIAN, month),
        rates.contract_named(claim),
        rates.named_contract_ignored(claim),
        rates.no_contract(),
        rates.contract_known_first("1", "2", 1),
        rates.contract_known_first("1", "2", 3),
        rates.month_lacked(month, Decimal("1.23"), date(2026, 4, 7)),
        rates.moved("1", "2"),
        rates.contract_left(),
        rates.excluded(),
        rates.no_category(month),
    ]
    for reason in said:
        assert reason.en != reason.lv
        # Dates, months, amounts, numbers: the same in both, whatever their order. Sources differ in wording.
        facts = [
            set(re.findall(r"\d{4}-\d\d(?:-\d\d)?|\d+\.\d\d\b(?!\.)|\b\d{11}\b", text))
            for text in (reason.en, reason.lv)
        ]
        assert facts[0] - {"01.06"} == facts[1] - {"01.06"}


def test_who_is_not_protected_gets_no_decision() -> None:
    months = Months()
    months.say(contract("1"), date(2026, 1, 3))
    assert months.determine("2026-01") == []


def test_who_has_no_contract_gets_no_decision() -> None:
    assert Months(poor(ANNA)).determine("2026-01") == []


def test_support_ends_with_one_word_and_comes_back() -> None:
    months = Months(poor(ANNA, until=date(2026, 2, 28)), poor(ANNA, date(2026, 5, 1)))
    months.say(contract("1"), date(2026, 1, 3))
    assert months.brief("2026-01") == [("1", "20.00", "granted")]
    assert months.brief("2026-02") == [("1", "20.00", "granted")]
    assert months.brief("2026-03") == [("1", "0.00", "terminated")]
    assert months.brief("2026-04") == []
    assert months.brief("2026-05") == [("1", "20.00", "granted")]


def test_a_termination_has_its_reason() -> None:
    months = Months(poor(ANNA, until=date(2026, 1, 31)))
    months.say(contract("1"), date(2026, 1, 3))
    months.determine("2026-01")
    (decision,) = months.determine("2026-02")
    assert decision.record.reason == "Persona vairs nav aizsargātais lietotājs"
    assert decision.record.categories == ()


def test_arrears_exclude_while_they_last() -> None:
    months = Months(poor(ANNA), arrears=(Arrears(ANNA.code, date(2026, 2, 1), date(2026, 2, 28)),))
    months.say(contract("1"), date(2026, 1, 3))
    assert months.brief("2026-01") == [("1", "20.00", "granted")]
    (excluded,) = months.determine("2026-02")
    assert excluded.record.reason == "Atbalstu nepiemēro uzturlīdzekļu parāda dēļ"
    # February stays excluded: no catch-up for it in March.
    assert months.brief("2026-03") == [("1", "20.00", "granted")]


def test_group_1_is_exempt_from_the_exclusion_since_2023() -> None:
    months = Months(
        _spell(ANNA, Category.DISABILITY_GROUP_1),
        start=date(2022, 1, 1),
        arrears=(Arrears(ANNA.code, date(2021, 1, 1)),),
    )
    months.say(contract("1", valid_from=date(2022, 1, 1)), date(2022, 1, 3))
    assert months.brief("2022-01") == [("1", "15.00", "granted")]  # arrears do not exclude yet
    assert months.brief("2022-02") == [("1", "0.00", "terminated")]
    assert months.brief("2022-12") == []
    assert months.brief("2023-01") == [("1", "15.00", "granted")]


def test_the_rise_of_august_2023_is_made_good_in_september() -> None:
    months = Months(poor(ANNA, date(2021, 1, 1)), start=date(2023, 7, 1))
    months.say(contract("1", valid_from=date(2023, 7, 1)), date(2023, 7, 3))
    assert months.brief("2023-07") == [("1", "15.00", "granted")]
    # On 7 August the rate was 15.00; it rose to 20.00 on the 26th, from the 1st on: 5.00 are owed for August.
    assert months.brief("2023-08") == [("1", "15.00", "granted")]
    assert months.brief("2023-09") == [("1", "20.00 +2023-08:5.00", "granted")]
    assert months.brief("2023-10") == [("1", "20.00", "granted")]


def test_what_was_known_late_is_made_good_month_by_month() -> None:
    months = Months(poor(ANNA, date(2026, 1, 1), known_from=date(2026, 2, 10)))
    months.say(contract("1"), date(2026, 1, 3))
    assert months.brief("2026-01") == []
    assert months.brief("2026-02") == []
    assert months.brief("2026-03") == [("1", "20.00 +2026-01:20.00 +2026-02:20.00", "granted")]
    assert months.brief("2026-04") == [("1", "20.00", "granted")]


def test_a_second_category_known_late_is_made_good_by_its_own_amount() -> None:
    late = _spell(ANNA, Category.LARGE_FAMILY, date(2026, 1, 1), known_from=date(2026, 2, 10))
    months = Months(poor(ANNA), late)
    months.say(contract("1"), date(2026, 1, 3))
    assert months.brief("2026-01") == [("1", "20.00", "granted")]
    assert months.brief("2026-02") == [("1", "20.00", "granted")]
    # 20.00 + 25.00 from March on, and 25.00 for each of the two months before.
    assert months.brief("2026-03") == [("1", "45.00 +2026-01:25.00 +2026-02:25.00", "granted")]


def test_what_was_known_too_late_is_made_good_although_it_has_ended() -> None:
    months = Months(poor(ANNA, date(2026, 1, 1), date(2026, 1, 31), known_from=date(2026, 2, 10)))
    months.say(contract("1"), date(2026, 1, 3))
    assert months.brief("2026-02") == []
    assert months.brief("2026-03") == [("1", "0.00 +2026-01:20.00", "granted")]
    assert months.brief("2026-04") == [("1", "0.00", "terminated")]


def test_nothing_is_made_good_from_before_the_contract_was_known() -> None:
    months = Months(poor(ANNA))
    months.say(contract("1", valid_from=date(2025, 11, 1)), date(2026, 2, 9))
    # The contract came in February after its determination, so February is back-paid, January is not.
    assert months.brief("2026-03") == [("1", "20.00 +2026-02:20.00", "granted")]


def test_nothing_is_made_good_from_before_the_contract_began() -> None:
    months = Months(poor(ANNA))
    months.say(contract("1", valid_from=date(2026, 2, 1)), date(2026, 1, 20))
    assert months.brief("2026-01") == []
    assert months.brief("2026-03") == [("1", "20.00 +2026-02:20.00", "granted")]  # February was never determined


def test_of_two_contracts_the_one_known_first_gets_the_support() -> None:
    months = Months(poor(ANNA))
    months.say(contract("9"), date(2026, 1, 3))
    months.say(contract("1"), date(2026, 1, 4), KAIMINS)
    (decision,) = months.determine("2026-01")
    assert decision.contract == ContractKey(PARAUGS.registration_number, "9")
    assert "known first of 2 contracts" in "\n".join(reason.en for reason in decision.why)


@pytest.mark.parametrize("source", ["person", "municipality"])
def test_a_named_contract_goes_before_the_one_known_first(source: str) -> None:
    claim = Claim(ANNA.code, KAIMINS.registration_number, "1", source)
    months = Months(poor(ANNA), claims=(claim,))
    months.say(contract("9"), date(2026, 1, 3))
    months.say(contract("1"), date(2026, 1, 4), KAIMINS)
    (decision,) = months.determine("2026-01")
    assert decision.contract == ContractKey(KAIMINS.registration_number, "1")
    assert f"named by the {source}" in "\n".join(reason.en for reason in decision.why)


def test_a_named_contract_that_no_retailer_has_for_the_person_does_not_count() -> None:
    claims = (
        Claim(ANNA.code, PARAUGS.registration_number, "404", "person"),
        Claim(ANNA.code, PARAUGS.registration_number, "2", "municipality"),
    )
    months = Months(poor(ANNA), claims=claims)
    months.say(contract("1"), date(2026, 1, 3))
    months.say(contract("2", JANIS), date(2026, 1, 3))
    (decision,) = months.determine("2026-01")
    assert decision.contract.contract == "1"
    assert "contract 404 of 40009990008, named by the person, does not carry this person" in "\n".join(
        reason.en for reason in decision.why
    )


def test_support_moves_with_a_switch_of_supplier_on_the_1st() -> None:
    months = Months(poor(ANNA))
    months.say(contract("1"), date(2026, 1, 3))
    assert months.brief("2026-03") == [("1", "20.00 +2026-01:20.00 +2026-02:20.00", "granted")]
    months.say(contract("1", operation=Operation.END, valid_to=date(2026, 3, 31)), date(2026, 3, 20))
    months.say(contract("77", valid_from=date(2026, 4, 1)), date(2026, 3, 22), KAIMINS)
    old, new = months.determine("2026-04")
    assert (old.contract.contract, str(old.record.status)) == ("1", "terminated")
    assert old.record.reason == "Atbalstu turpmāk piemēro citam personas līgumam"
    assert (new.contract.contract, new.record.amount_due) == ("77", Decimal("20.00"))
    assert new.record.catch_up == ()
    assert months.brief("2026-05") == [("77", "20.00", "granted")]


def test_support_ends_with_the_contract() -> None:
    months = Months(poor(ANNA))
    months.say(contract("1"), date(2026, 1, 3))
    months.determine("2026-01")
    months.say(contract("1", operation=Operation.END, valid_to=date(2026, 1, 20)), date(2026, 1, 20))
    (decision,) = months.determine("2026-02")
    assert decision.record.reason == "Līgums vairs nav spēkā vai persona tajā vairs nav norādīta"
    assert months.brief("2026-03") == []


def test_many_protected_users_on_one_contract() -> None:
    months = Months(poor(ANNA), _spell(JANIS, Category.LARGE_FAMILY))
    months.say(contract("1", ILZE, sub_users=(ANNA, JANIS)), date(2026, 1, 3))
    # Ilze, the holder, is not protected; Anna gets 20.00 and Jānis 25.00 on her contract.
    found = [(decision.record.person_code, decision.record.amount_due) for decision in months.determine("2026-01")]
    assert found == [(ANNA.code, Decimal("20.00")), (JANIS.code, Decimal("25.00"))]


def test_a_changed_code_is_the_same_person() -> None:
    months = Months(edgars(date(2026, 2, 10)), Spell(EDGARS_NEW, Category.LOW_INCOME, date(2025, 1, 1)))
    months.say(contract("1", EDGARS_OLD), date(2026, 1, 3))
    (january,) = months.determine("2026-01")
    months.say(contract("1", EDGARS_NEW, Operation.CHANGE), date(2026, 2, 20))
    months.determine("2026-02")
    march = months.determine("2026-03")
    assert january.record.person_code == EDGARS_OLD
    # One decision: no termination of the old code, no catch-up for the new one.
    assert [(decision.record.person_code, decision.record.total) for decision in march] == [
        (EDGARS_NEW, Decimal("20.00"))
    ]


def test_the_retailer_is_told_the_code_that_it_knows() -> None:
    months = Months(edgars(date(2026, 2, 10)), Spell(EDGARS_NEW, Category.LOW_INCOME, date(2025, 1, 1)))
    months.say(contract("1", EDGARS_OLD.replace("-", "")), date(2026, 1, 3))
    months.determine("2026-01")
    months.determine("2026-02")
    (march,) = months.determine("2026-03")
    assert march.record.person_code == EDGARS_OLD


def test_decision_ids_are_always_the_same_and_never_shared() -> None:
    def decisions() -> list[str]:
        months = Months(poor(ANNA), poor(JANIS))
        months.say(contract("1", ILZE, sub_users=(ANNA, JANIS)), date(2026, 1, 3))
        return [decision.record.decision_id for month in ("2026-01", "2026-02") for decision in months.determine(month)]

    assert decisions() == decisions()
    assert len(set(decisions())) == 4


def test_a_guardian_is_supported_since_2024() -> None:
    months = Months(_spell(ANNA, Category.GUARDIAN, count=2), start=date(2023, 11, 1))
    months.say(contract("1", valid_from=date(2023, 11, 1)), date(2023, 11, 3))
    assert months.brief("2023-12") == []
    # 2 wards of 20.00.
    assert months.brief("2024-01") == [("1", "40.00", "granted")]


def test_a_large_family_has_one_person_who_gets_the_reduction() -> None:
    months = Months(_spell(JANIS, Category.LARGE_FAMILY))
    months.say(contract("1", ANNA), date(2026, 1, 3))
    months.say(contract("2", JANIS), date(2026, 1, 3) + timedelta(days=1))
    assert months.brief("2026-01") == [("2", "25.00", "granted")]
