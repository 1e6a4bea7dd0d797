"""Steps of the monthly cycle and of injected faults, and the expectations at the end."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from pytest_bdd import then, when

from conformance.scenarios.environment import Environment
from conformance.scenarios.steps.sentences import Sentence
from simulator.domain.model import Period


@when("the retailer reports its contracts")
def _reports_contracts(environment: Environment) -> None:
    environment.advance_to(environment.now.date())
    environment.business.exchange("contract")


@when(Sentence("ALDIS decides for {month}"))
def _decides(environment: Environment, month: Period) -> None:
    environment.advance_to(month.first_day.replace(day=environment.profile.due.determination_day.value), 12)


@when("the retailer fetches its discounts")
def _fetches_discounts(environment: Environment) -> None:
    environment.advance_to(environment.now.date())
    environment.business.exchange("discount")


@when("the retailer reports its payouts")
def _reports_payouts(environment: Environment) -> None:
    environment.advance_to(environment.now.date())
    environment.business.exchange("payout")


@when("the retailer runs its whole exchange")
def _whole_exchange(environment: Environment) -> None:
    environment.advance_to(environment.now.date())
    environment.business.exchange("contract", "discount", "payout")


@when(Sentence("time goes on to {day}"))
def _time_goes_on(environment: Environment, day: date) -> None:
    environment.advance_to(day, 8)


@when("the reply to the retailer's next message is lost on the way")
def _lost_reply(environment: Environment) -> None:
    environment.faults.on_call("drop_reply", "SendMessage2")


@when("the reply with the retailer's next message is lost on the way")
def _lost_message_reply(environment: Environment) -> None:
    environment.faults.on_call("drop_reply", "ReceiveMessage2")


@when(Sentence("the next time the retailer {call}, {trouble}"))
def _call_fault(environment: Environment, call: str, trouble: str) -> None:
    environment.faults.on_call(trouble, call)


@when("the network works again")
def _faults_cleared(environment: Environment) -> None:
    environment.faults.clear()


@when(Sentence("BVKB's next discount list {flaw}"))
@when(Sentence("BVKB's next error message {flaw}"))
def _delivery_fault(environment: Environment, flaw: str) -> None:
    environment.faults.on_delivery(flaw)


@when(Sentence("BVKB sends the discounts of {month} again"))
def _published_again(environment: Environment, month: Period) -> None:
    environment.faults.publish_again(month)


@then(Sentence("ALDIS has granted {person} {amount} EUR in {month}"))
def _granted(environment: Environment, person: str, amount: Decimal, month: Period) -> None:
    environment.expected_grants.append((person, month, amount))


@then("the retailer has done all that is required of it")
def _all_required(environment: Environment) -> None:
    """Mark the end; the rules judge what the retailer has done."""
