"""Names and addresses of synthetic people: for generated worlds, scenarios and sample documents.

Personal codes, which no living person has, come from ``simulator.domain.identifiers``.
"""

from __future__ import annotations

_WOMEN = (
    "Anna", "Ilze", "Marta", "Līga", "Zane", "Žanete", "Kristīne", "Inese", "Elīna", "Dace", "Santa", "Laima", "Rūta",
    "Vija", "Agnese", "Ņina",
)  # fmt: skip
_MEN = (
    "Jānis", "Pēteris", "Andris", "Edgars", "Uldis", "Ķirsis", "Kārlis", "Māris", "Juris", "Aivars", "Rihards", "Ģirts",
    "Valdis", "Ēriks", "Čārlzs", "Toms",
)  # fmt: skip
_SURNAMES = (
    ("Bērziņš", "Bērziņa"), ("Kalniņš", "Kalniņa"), ("Ozoliņš", "Ozoliņa"), ("Liepiņš", "Liepiņa"),
    ("Krūmiņš", "Krūmiņa"), ("Vītoliņš", "Vītoliņa"), ("Zariņš", "Zariņa"), ("Balodis", "Balode"),
    ("Siliņš", "Siliņa"), ("Eglītis", "Eglīte"), ("Jansons", "Jansone"), ("Pētersons", "Pētersone"),
    ("Šmits", "Šmite"), ("Ābols", "Ābola"), ("Dūmiņš", "Dūmiņa"), ("Žagars", "Žagare"), ("Grīnbergs", "Grīnberga"),
    ("Čakste", "Čakste"), ("Ļūļaks", "Ļūļaka"), ("Ķēniņš", "Ķēniņa"),
)  # fmt: skip
FULL_NAMES = tuple(
    [(given_name, surname) for given_name in _WOMEN for _, surname in _SURNAMES]
    + [(given_name, surname) for given_name in _MEN for surname, _ in _SURNAMES]
)
"""Given name and surname, which agree in gender."""
STREETS = ("Paraugu", "Liepu", "Skolas", "Upes", "Parka", "Dārza", "Ziedu", "Ķiršu")


def street_address(house: int, street: str = STREETS[0]) -> str:
    """Return an address in Paraugciems, a village that does not exist."""
    return f"{street} iela {house}, Paraugciems"


def letters(number: int) -> str:
    """Return a number as capital letters (0: A, 26: AA), for made-up names, which have no digits."""
    text = ""
    while number >= 0:
        text = chr(ord("A") + number % 26) + text
        number = number // 26 - 1
    return text
