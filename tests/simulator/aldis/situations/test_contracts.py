"""The choice of the contract and retailer that get the support. EUR without VAT, worked out by hand."""

from __future__ import annotations

from datetime import date

from simulator.domain.model import ChannelName, Operation
from tests.simulator.aldis.situations.conftest import Play
from tests.simulator.aldis.situations.story import KAIMINS, PARAUGS


def test_several_protected_persons_on_one_contract(play: Play) -> None:
    story = play("sub-users")
    story.sign()
    story.country.until(date(2026, 2, 2))
    # Rihards 20.00 and Velta 20.00 on Uldis's contract; Uldis himself nothing.
    assert story.decisions() == ["2026-01 0077000001 20.00", "2026-01 0077000001 20.00"]
    assert {discount.person_code for discount in story.country.discounts()[0].discounts()} == {
        story.person("Rihards").code,
        story.person("Velta").code,
    }
    # One bill of 30.00: 20.00 of Rihards's and 10.00 of Velta's; her other 10.00 are carried over.
    rihards = story.bill("0077000001", "2026-01", "30.00", "20.00", "0.00", "0.00", of="Rihards")
    velta = story.bill("0077000001", "2026-01", "30.00", "10.00", "0.00", "10.00", of="Velta")
    assert story.pay(rihards, velta) == []
    story.country.until(date(2026, 2, 22))
    assert story.books("2026-01") == "granted 40.00 applied 30.00 carried 10.00 lapsed 0.00 reversed 0.00"


def test_support_applies_to_one_contract_of_a_person(play: Play) -> None:
    story = play("two-contracts")
    story.sign()
    story.sign(retailer=KAIMINS)
    story.country.until(date(2026, 2, 2))
    # Anna's 20.00 once, on the contract that was known first (named first in the document), not 40.00.
    assert story.decisions() == ["2026-01 0077000001 20.00"]
    # Dace's two children 2 x 20.00 = 40.00 on the contract that she chose, at the other retailer.
    assert story.decisions(KAIMINS) == ["2026-01 0078000003 40.00"]
    assert story.pay(story.bill("0077000001", "2026-01", "22.00", "20.00", of="Anna")) == []
    assert story.pay(story.bill("0077000002", "2026-01", "22.00", "20.00", of="Anna")) == [("decision-unknown", 1)]
    assert story.pay(story.bill("0077000003", "2026-01", "50.00", "40.00", of="Dace")) == [("decision-unknown", 1)]
    chosen = story.bill("0078000003", "2026-01", "50.00", "40.00", of="Dace")
    assert story.pay(chosen, retailer=KAIMINS) == []
    story.country.until(date(2026, 2, 22))
    assert story.books("2026-01").startswith("granted 20.00 applied 20.00 carried 0.00")
    assert story.books("2026-01", KAIMINS) == "granted 40.00 applied 40.00 carried 0.00 lapsed 0.00 reversed 0.00"


def test_three_sources_that_disagree(play: Play) -> None:
    story = play("contract-conflict")
    # The neighbour reports Marta first, the municipality names that contract too: her own word is for the other one.
    story.sign(retailer=KAIMINS)
    story.sign()
    story.country.until(date(2026, 2, 2))
    # Velta 20.00 on the contract that her retailer has; Marta 20.00 on the contract of her choice.
    assert story.decisions() == ["2026-01 0077000001 20.00", "2026-01 0077000002 20.00"]
    assert story.decisions(KAIMINS) == []
    why = " ".join(line for decision in story.country.acts("determine")[0]["decided"] for line in decision["why"])
    assert "contract 0077099999" in why
    assert "contract 0077000002" in why


def test_a_switch_of_supplier_on_the_1st(play: Play) -> None:
    story = play("supplier-switch")
    story.sign()
    story.country.until(date(2026, 3, 25))
    story.country.send(story.record("0077000001", Operation.END, valid_to=date(2026, 3, 31)))
    story.sign(retailer=KAIMINS, period="2026-04")
    story.country.until(date(2026, 5, 2))
    # February and March 20.00 at Paraugs, April 20.00 at Kaimiņu Elektrība, and the first retailer gets the end.
    assert story.decisions() == [
        "2026-02 0077000001 20.00",
        "2026-03 0077000001 20.00",
        "2026-04 0077000001 ended",
    ]
    assert story.decisions(KAIMINS) == ["2026-04 0078000001 20.00"]
    assert story.country.discounts()[2].discounts()[0].reason == "Atbalstu turpmāk piemēro citam personas līgumam"
    # 20.00 in February; March's last bill of 15.00 leaves 5.00 at Paraugs: they do not move to the new retailer.
    february = story.bill("0077000001", "2026-02", "44.00", "20.00", of="Anna")
    march = story.bill("0077000001", "2026-03", "15.00", "15.00", "0.00", "5.00", of="Anna")
    assert story.pay(february, march) == []
    with_the_rest = story.bill("0078000001", "2026-04", "44.00", "25.00", "5.00", "0.00", of="Anna")
    assert story.pay(with_the_rest, retailer=KAIMINS) == [("applied-above-available", 1)]
    own = story.bill("0078000001", "2026-04", "44.00", "20.00", of="Anna")
    assert story.pay(own, retailer=KAIMINS) == []
    story.country.until(date(2026, 5, 22))
    assert story.books("2026-04") == "granted 40.00 applied 35.00 carried 5.00 lapsed 0.00 reversed 0.00"
    assert story.books("2026-04", KAIMINS).startswith("granted 20.00 applied 20.00 carried 0.00")


def test_a_switch_that_is_withdrawn(play: Play) -> None:
    story = play("switch-withdrawn")
    story.sign()
    story.country.until(date(2026, 3, 6))
    story.country.send(story.record("0077000001", Operation.END, valid_to=date(2026, 3, 31)))
    story.country.until(date(2026, 3, 20))
    story.country.send(story.record("0077000001", Operation.CHANGE))
    story.country.until(date(2026, 5, 2))
    # 20.00 each month, as if she had never applied.
    assert story.decisions() == [f"2026-0{month} 0077000001 20.00" for month in (2, 3, 4)]
    bills = [story.bill("0077000001", f"2026-0{month}", "44.00", "20.00", of="Anna") for month in (2, 3, 4)]
    assert story.pay(*bills) == []
    story.country.until(date(2026, 5, 22))
    assert story.books("2026-04") == "granted 60.00 applied 60.00 carried 0.00 lapsed 0.00 reversed 0.00"


def test_no_retailer_sees_anothers_customer(play: Play) -> None:
    story = play("others-data")
    story.sign()
    story.sign(retailer=KAIMINS)
    story.country.until(date(2026, 2, 2))
    # One contract number at two retailers: Anna's 20.00 at the one, Jānis's large family 25.00 at the other.
    assert story.decisions() == ["2026-01 0077000001 20.00"]
    assert story.decisions(KAIMINS) == ["2026-01 0077000001 25.00"]
    for retailer, other in ((PARAUGS, "Jānis"), (KAIMINS, "Anna")):
        (message,) = story.country.mailbox(retailer, ChannelName.DISCOUNT)
        payload = story.country.blob(message.payload.reference).decode()
        assert story.person(other).code.replace("-", "") not in payload.replace("-", "")
    # Paraugs reports a payout of Jānis: on its contract of that number he was granted nothing.
    assert story.pay(story.bill("0077000001", "2026-01", "30.00", "25.00", of="Jānis")) == [("decision-unknown", 1)]
    assert story.pay(story.bill("0077000001", "2026-01", "30.00", "20.00", of="Anna")) == []
    assert story.pay(story.bill("0077000001", "2026-01", "30.00", "25.00", of="Jānis"), retailer=KAIMINS) == []
    story.country.until(date(2026, 2, 22))
    assert story.books("2026-01").startswith("granted 20.00 applied 20.00 carried 0.00")
    assert story.books("2026-01", KAIMINS) == "granted 25.00 applied 25.00 carried 0.00 lapsed 0.00 reversed 0.00"
