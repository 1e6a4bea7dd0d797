"""Steps that set the date, the people of the scenario and the facts that the state knows of them."""

from __future__ import annotations

from datetime import date

from pytest_bdd import given

from conformance.scenarios.environment import Environment
from conformance.scenarios.population import neighbour_of
from conformance.scenarios.steps.sentences import Sentence
from simulator.domain.model import Category


@given(Sentence("it is {day}"))
def _it_is(environment: Environment, day: date) -> None:
    environment.population.start = day


@given(Sentence("{person} is {category} since {day}"))
def _protected_since(environment: Environment, person: str, category: Category, day: date) -> None:
    environment.population.grant(person, category, day)


@given(Sentence("{person} is {category} from {day} until {until}"))
def _protected_between(environment: Environment, person: str, category: Category, day: date, until: date) -> None:
    environment.population.grant(person, category, day, until)


@given(Sentence("{person} has {count} children with disability since {day}"))
def _disabled_children(environment: Environment, person: str, count: int, day: date) -> None:
    environment.population.grant(person, Category.DISABLED_CHILD, day, count=count)


@given(Sentence("{person} is guardian of {count} wards since {day}"))
def _guardian(environment: Environment, person: str, count: int, day: date) -> None:
    environment.population.grant(person, Category.GUARDIAN, day, count=count)


@given(Sentence("ALDIS learns of this only on {day}"))
def _known_late(environment: Environment, day: date) -> None:
    environment.population.learn_late(day)


@given(Sentence("{person} has maintenance arrears since {day}"))
def _arrears(environment: Environment, person: str, day: date) -> None:
    environment.population.owe(person, day)


@given(Sentence("{person} has maintenance arrears from {day} until {until}"))
def _arrears_between(environment: Environment, person: str, day: date, until: date) -> None:
    environment.population.owe(person, day, until)


@given(Sentence("the personal code of {person} changes on {day}"))
def _code_changes(environment: Environment, person: str, day: date) -> None:
    environment.population.change_code(person, day)


@given(Sentence("{person} chose contract {contract} for the support"))
def _chose(environment: Environment, person: str, contract: str) -> None:
    environment.population.choose(person, contract, environment.population.retailer)


@given(Sentence("{person} chose contract {contract} of the other retailer for the support"))
def _chose_other(environment: Environment, person: str, contract: str) -> None:
    environment.population.choose(person, contract, neighbour_of(environment.population.retailer))


@given(Sentence("the retailer has noted a wrong personal code for {person}"))
def _misspelt(environment: Environment, person: str) -> None:
    environment.business.customers.note_wrong_code(person)


@given(Sentence("the municipality names contract {contract} for {person}"))
def _named_by_municipality(environment: Environment, contract: str, person: str) -> None:
    environment.population.choose(person, contract, environment.population.retailer, source="municipality")


@given(Sentence("{person} is called {name} from {day}"))
def _renamed(environment: Environment, person: str, name: str, day: date) -> None:
    del day  # when it is noted, a later sentence says
    environment.business.customers.rename(person, name)


@given(Sentence("{count} more people are {category} since {day}"))
def _crowd(environment: Environment, count: int, category: Category, day: date) -> None:
    for name in environment.population.crowd(count):
        environment.population.grant(name, category, day)
