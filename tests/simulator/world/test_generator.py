"""Generated worlds: determined by the seed, without codes of living persons, without contradictions."""

from __future__ import annotations

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.domain.identifiers import (
    SYNTHETIC_NEW_CODES,
    SYNTHETIC_OLD_CODES,
    personal_code_birth_date,
    synthetic_new_personal_code,
    synthetic_personal_code,
)
from simulator.domain.model import Category
from simulator.settings import SettingsError
from simulator.world.contradictions import contradictions
from simulator.world.file import load_world
from simulator.world.generator import generate_world
from simulator.world.model import World

OLDEST_EVER = 123
"""Full years: nobody has been proved to live longer (Jeanne Calment, 1875-1997, 122 years and 164 days)."""


def _born(code: str) -> date | None:
    """The date of birth that a code of the old form states; worked out here anew, from the digits alone."""
    match = re.fullmatch(r"(?!3[2-9])(\d{2})(\d{2})(\d{2})-?([012])\d{4}", code)
    if match is None:
        return None
    return date(1800 + 100 * int(match[4]) + int(match[3]), int(match[2]), int(match[1]))


def cannot_be_a_living_persons(code: str, today: date) -> bool:
    """Born too long ago to live, or of the block of the new form that this project keeps for made-up people."""
    born = _born(code)
    if born is None:
        return re.fullmatch(r"32999[0-9]-?[0-9]{5}", code) is not None
    return today.year - born.year > OLDEST_EVER


@given(st.integers(0, SYNTHETIC_OLD_CODES - 1), st.booleans())
def test_no_code_of_the_old_form_can_belong_to_a_living_person(number: int, hyphen: bool) -> None:
    code = synthetic_personal_code(number, hyphen=hyphen)
    born = _born(code)
    assert born is not None
    assert born == personal_code_birth_date(code)
    assert cannot_be_a_living_persons(code, date.today())  # noqa: DTZ011 - the day on which somebody would live


def test_every_day_of_birth_that_is_ever_made_up_is_long_past() -> None:
    """Not by chance but all of them: the days of birth repeat after 36,500 numbers, whatever the serial."""
    born = {_born(synthetic_personal_code(number)) for number in range(36_500)}
    assert len(born) == 36_500
    days = [day for day in born if day is not None]
    assert len(days) == len(born)
    # The youngest would be older than anyone ever was, whenever this runs.
    assert max(days) < date(1901, 1, 1)
    assert 2026 - max(days).year > OLDEST_EVER


@given(st.integers(0, SYNTHETIC_NEW_CODES - 1), st.booleans())
def test_codes_of_the_new_form_never_leave_their_block(number: int, hyphen: bool) -> None:
    # A code of the new form carries no date: that the register gives none of this block is our convention (assumed).
    assert cannot_be_a_living_persons(synthetic_new_personal_code(number, hyphen=hyphen), date.today())  # noqa: DTZ011


def test_a_code_that_a_living_person_could_have_is_refused() -> None:
    # The proof itself can fail: codes of people born in 1980 and 2005, and of the new form outside the block.
    for code in ("010180-10014", "010105-20010", "321234-56789", "330000-00000"):
        assert not cannot_be_a_living_persons(code, date(2026, 1, 1))


worlds = st.builds(
    generate_world, residents=st.integers(1, 60), retailers=st.integers(1, 4), seed=st.integers(0, 1_000_000)
)


@given(worlds)
def test_a_made_world_holds_together(world: World) -> None:
    codes = [
        code for resident in world.residents for code in (resident.code, *(c.earlier for c in resident.code_changes))
    ]
    assert len(codes) == len(set(codes))
    assert all(cannot_be_a_living_persons(code, date.today()) for code in codes)  # noqa: DTZ011
    assert list(contradictions(world, str)) == []


def test_the_same_seed_makes_the_same_world() -> None:
    assert load_world("made:50:7") == generate_world(residents=50, seed=7)
    assert load_world("made:50") == load_world("made:50:0")
    assert load_world("made:50:7") != load_world("made:50:8")


def test_a_large_world_has_every_kind_of_fact() -> None:
    world = generate_world(residents=2000, retailers=4, seed=1)
    assert len(world.residents) == 2000
    assert {spell.category for spell in world.all_spells()} == set(Category)
    assert world.families
    assert world.wards
    assert world.arrears
    assert {claim.source for claim in world.claims} == {"person", "municipality"}
    assert any(resident.code_changes for resident in world.residents)
    assert any(contract.sub_users for contract in world.contracts)
    assert {contract.provider for contract in world.contracts} == {
        retailer.registration_number for retailer in world.retailers
    }


@pytest.mark.parametrize("name", ["made:", "made:0", "made:ten", "made:5:x", "made:9999999"])
def test_a_world_that_cannot_be_made(name: str) -> None:
    with pytest.raises(SettingsError, match="expected made:RESIDENTS"):
        load_world(name)
