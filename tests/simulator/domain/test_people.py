"""Names and addresses of synthetic people."""

from __future__ import annotations

from simulator.domain.people import FULL_NAMES, STREETS, street_address


def test_given_name_and_surname_agree_in_gender() -> None:
    women = {surname for given_name, surname in FULL_NAMES if given_name == "Anna"}
    men = {surname for given_name, surname in FULL_NAMES if given_name == "Jānis"}
    assert all(surname.endswith(("a", "e")) for surname in women)
    assert "Bērziņš" in men
    assert "Bērziņa" not in men
    for given_name, surname in FULL_NAMES:
        assert surname in (women if given_name.endswith(("a", "e")) else men)


def test_no_name_occurs_twice() -> None:
    assert len(set(FULL_NAMES)) == len(FULL_NAMES)


def test_every_address_is_in_a_village_that_does_not_exist() -> None:
    assert street_address(3) == "Paraugu iela 3, Paraugciems"
    assert all(street_address(1, street).endswith(" iela 1, Paraugciems") for street in STREETS)
