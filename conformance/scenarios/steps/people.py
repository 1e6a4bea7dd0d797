"""Givens: when it is, who lives here and what the state knows of them."""

from __future__ import annotations

from datetime import date

from pytest_bdd import given

from conformance.scenarios.population import neighbour_of
from conformance.scenarios.stage import Stage
from conformance.scenarios.steps.words import Sentence
from simulator.documents.model import Category


@given(Sentence("it is {day}"))
def _it_is(stage: Stage, day: date) -> None:
    stage.population.start = day


@given(Sentence("{person} is {category} since {day}"))
def _protected_since(stage: Stage, person: str, category: Category, day: date) -> None:
    stage.population.grant(person, category, day)


@given(Sentence("{person} is {category} from {day} until {until}"))
def _protected_between(stage: Stage, person: str, category: Category, day: date, until: date) -> None:
    stage.population.grant(person, category, day, until)


@given(Sentence("{person} has {count} children with disability since {day}"))
def _disabled_children(stage: Stage, person: str, count: int, day: date) -> None:
    stage.population.grant(person, Category.DISABLED_CHILD, day, count=count)


@given(Sentence("{person} is guardian of {count} wards since {day}"))
def _guardian(stage: Stage, person: str, count: int, day: date) -> None:
    stage.population.grant(person, Category.GUARDIAN, day, count=count)


@given(Sentence("ALDIS learns of this only on {day}"))
def _known_late(stage: Stage, day: date) -> None:
    stage.population.learn_late(day)


@given(Sentence("{person} has maintenance arrears since {day}"))
def _arrears(stage: Stage, person: str, day: date) -> None:
    stage.population.owe(person, day)


@given(Sentence("{person} has maintenance arrears from {day} until {until}"))
def _arrears_between(stage: Stage, person: str, day: date, until: date) -> None:
    stage.population.owe(person, day, until)


@given(Sentence("the personal code of {person} changes on {day}"))
def _code_changes(stage: Stage, person: str, day: date) -> None:
    stage.population.change_code(person, day)


@given(Sentence("{person} chose contract {contract} for the support"))
def _chose(stage: Stage, person: str, contract: str) -> None:
    stage.population.choose(person, contract, stage.population.retailer)


@given(Sentence("{person} chose contract {contract} of the other retailer for the support"))
def _chose_other(stage: Stage, person: str, contract: str) -> None:
    stage.population.choose(person, contract, neighbour_of(stage.population.retailer))


@given(Sentence("the retailer has noted a wrong personal code for {person}"))
def _misspelt(stage: Stage, person: str) -> None:
    stage.population.misspell(person)


@given(Sentence("the municipality names contract {contract} for {person}"))
def _named_by_municipality(stage: Stage, contract: str, person: str) -> None:
    stage.population.choose(person, contract, stage.population.retailer, source="municipality")


@given(Sentence("{person} is called {name} from {day}"))
def _renamed(stage: Stage, person: str, name: str, day: date) -> None:
    del day  # when it is noted, a later sentence says
    stage.population.rename(person, name)


@given(Sentence("{count} more people are {category} since {day}"))
def _crowd(stage: Stage, count: int, category: Category, day: date) -> None:
    for name in stage.population.crowd(count):
        stage.population.grant(name, category, day)
