"""Tests of a decision's line in the journal."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from simulator.aldis.contracts import ContractKey
from simulator.aldis.decisions import Decision
from simulator.aldis.publishing import decided
from simulator.aldis.rates import Reason, ReasonKind
from simulator.domain.model import CatchUp, DiscountRecord, DiscountStatus, Period

_reasons = st.builds(Reason, st.sampled_from(ReasonKind), st.text(), st.text())


@given(st.text(), st.text(), st.lists(_reasons, max_size=4))
def test_a_decision_is_one_line_of_json_whatever_its_texts_hold(contract: str, code: str, why: list[Reason]) -> None:
    late = (CatchUp(Period(2026, 1), Decimal("0.50"), ""), CatchUp(Period(2026, 2), Decimal(20), ""))
    record = DiscountRecord(
        contract, code, (), Decimal("7.1"), late, DiscountStatus.GRANTED, "decision", date(2026, 3, 7)
    )
    line = decided(Decision(ContractKey("40009990008", contract), code, record, tuple(why)))
    assert "\n" not in line
    assert json.loads(line) == {
        "provider": "40009990008",
        "contract": contract,
        "person": code,
        "amount_due": "7.10",
        "catch_up": [{"period": "2026-01", "amount": "0.50"}, {"period": "2026-02", "amount": "20.00"}],
        "status": "granted",
        "why": [reason.en for reason in why],
        "why_lv": [reason.lv for reason in why],
    }
