"""Whens of the monthly cycle, and what is expected in the end."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from pytest_bdd import then, when

from conformance.scenarios.stage import Stage
from conformance.scenarios.steps.words import Sentence
from simulator.documents.model import Period


@when("the retailer reports its contracts")
def _reports_contracts(stage: Stage) -> None:
    stage.until(stage.now.date())
    stage.exchange("contract")


@when(Sentence("ALDIS decides for {month}"))
def _decides(stage: Stage, month: Period) -> None:
    stage.until(month.first_day.replace(day=stage.profile.due.determination_day.value), 12)


@when("the retailer fetches its discounts")
def _fetches_discounts(stage: Stage) -> None:
    stage.until(stage.now.date())
    stage.exchange("discount")


@when("the retailer reports its payouts")
def _reports_payouts(stage: Stage) -> None:
    stage.until(stage.now.date())
    stage.exchange("payout")


@when("the retailer runs its whole exchange")
def _whole_exchange(stage: Stage) -> None:
    stage.until(stage.now.date())
    stage.exchange("contract", "discount", "payout")


@when(Sentence("time goes on to {day}"))
def _time_goes_on(stage: Stage, day: date) -> None:
    stage.until(day, 8)


@when("the reply to the retailer's next message is lost on the way")
def _lost_reply(stage: Stage) -> None:
    stage.misbehave("drop_reply", "SendMessage2")


@when("the reply with the retailer's next message is lost on the way")
def _lost_message(stage: Stage) -> None:
    stage.misbehave("drop_reply", "ReceiveMessage2")


@when(Sentence("the next time the retailer {call}, {trouble}"))
def _trouble(stage: Stage, call: str, trouble: str) -> None:
    stage.misbehave(trouble, call)


@when("the network works again")
def _well_again(stage: Stage) -> None:
    stage.opened().faults.disarm()


@when(Sentence("BVKB's next discount list {flaw}"))
@when(Sentence("BVKB's next error message {flaw}"))
def _flaw(stage: Stage, flaw: str) -> None:
    stage.misdeliver(flaw)


@when(Sentence("BVKB sends the discounts of {month} again"))
def _again(stage: Stage, month: Period) -> None:
    stage.publish_again(month)


@then(Sentence("ALDIS has granted {person} {amount} EUR in {month}"))
def _granted(stage: Stage, person: str, amount: Decimal, month: Period) -> None:
    stage.expectations.append((person, month, amount))


@then("the retailer has done all that is required of it")
def _all_required(stage: Stage) -> None:
    stage.complete = True
