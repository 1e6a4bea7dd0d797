"""Check digits against python-stdnum where it is right, and against figures of the sources."""

from __future__ import annotations

from datetime import date

import pytest
import stdnum.eu.eic
import stdnum.lv.pvn
from hypothesis import given
from hypothesis import strategies as st

from simulator.domain import identifiers


@pytest.mark.parametrize("code", ["010180-00012", "01018000012", "290296-00077", "320000-00000", "39999999999"])
def test_good_personal_codes(code: str) -> None:
    assert identifiers.personal_code_valid(code)


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("010180-00013", "check digit"),
        ("290297-00077", "1897 had no 29 February"),
        ("290200-00010", "nor had 1800, whatever the check digit"),
        ("001385-00011", "no month 13"),
        ("010180-30012", "century 3"),
        ("310000-00000", "31 begins no new code, and is no date"),
        ("400000-00000", "the new form begins with 3"),
        ("0101800-0012", "hyphen at the wrong place"),
        ("010180-0001", "ten digits"),
        ("010180-000123", "twelve digits"),
        (" 010180-00012", "a space"),
        ("010180\u201300012", "a dash for the hyphen"),
        ("٠١٠١٨٠-٠٠٠١٢", "digits of another script"),
        ("", "nothing"),
    ],
)
def test_bad_personal_codes(code: str, why: str) -> None:
    assert not identifiers.personal_code_valid(code), why


@given(st.from_regex(r"([0-2][0-9]|3[01])[0-9]{4}[0-2][0-9]{4}", fullmatch=True))
def test_old_personal_codes_agree_with_stdnum(digits: str) -> None:
    """stdnum is right about the old form; the new one, which it judges wrongly, begins with 32 to 39.

    Nor does it know that the centuries end with the digit 2.
    """
    assert identifiers.personal_code_valid(digits) == stdnum.lv.pvn.is_valid(digits)


@given(st.dates(date(1800, 1, 1), date(2099, 12, 31)), st.integers(0, 999))
def test_every_date_has_codes_that_stdnum_takes(born: date, serial: int) -> None:
    ten = f"{born:%d%m}{born.year % 100:02d}{born.year // 100 - 18}{serial:03d}"
    code = ten + identifiers.personal_code_check(ten)
    assert identifiers.personal_code_valid(code)
    assert identifiers.personal_code_birth_date(code) == born
    assert stdnum.lv.pvn.is_valid(code)


@given(st.from_regex(r"[4-9][0-9]{10}", fullmatch=True))
def test_registration_numbers_agree_with_stdnum(digits: str) -> None:
    assert identifiers.registration_number_valid(digits) == stdnum.lv.pvn.is_valid(digits)


@given(st.from_regex(r"[0-9A-Z\-]{15}", fullmatch=True))
def test_eic_agrees_with_stdnum(body: str) -> None:
    check = identifiers.eic_check(body)
    if check == "-":
        assert not identifiers.eic_valid(body + check)
    else:
        assert identifiers.eic_valid(body + check)
        assert stdnum.eu.eic.is_valid(body + check)
        assert not identifiers.eic_valid(body + ("0" if check != "0" else "1"))


@pytest.mark.parametrize("code", ["43Z-STO00000001Y", "43X-STP00000001F"])
def test_published_examples_of_eic(code: str) -> None:
    assert identifiers.eic_valid(code)
    assert not identifiers.eic_valid(code.lower())


@pytest.mark.parametrize("body", ["", "43Z-STO0000000", "43z-STO00000001", "43Z_STO00000001"])
def test_bad_bodies_of_eic(body: str) -> None:
    with pytest.raises(ValueError, match="not the body of an EIC"):
        identifiers.eic_check(body)


@given(st.integers(0, identifiers.SYNTHETIC_OLD_CODES - 1), st.booleans())
def test_synthetic_old_codes(number: int, hyphen: bool) -> None:
    code = identifiers.synthetic_personal_code(number, hyphen=hyphen)
    assert identifiers.personal_code_valid(code)
    assert identifiers.is_synthetic_personal_code(code)
    born = identifiers.personal_code_birth_date(code)
    assert born is not None
    assert born.year < 1901


@given(st.integers(0, identifiers.SYNTHETIC_NEW_CODES - 1))
def test_synthetic_new_codes(number: int) -> None:
    code = identifiers.synthetic_new_personal_code(number)
    assert "329990-00000" <= code <= "329999-99999"
    assert identifiers.personal_code_valid(code)
    assert identifiers.is_synthetic_personal_code(code)


def test_synthetic_makers_never_repeat() -> None:
    for make, count in (
        (identifiers.synthetic_personal_code, 40_000),
        (identifiers.synthetic_metering_point, 20_000),
        (identifiers.synthetic_registration_number, 909),
    ):
        assert len({make(number) for number in range(count)}) == count


@given(st.integers(0, 49_999_999))
def test_synthetic_eics(number: int) -> None:
    assert identifiers.eic_valid(identifiers.synthetic_metering_point(number))
    assert identifiers.eic_valid(identifiers.synthetic_customer_eic(number))


@pytest.mark.parametrize(
    ("make", "number"),
    [
        (identifiers.synthetic_personal_code, -1),
        (identifiers.synthetic_personal_code, identifiers.SYNTHETIC_OLD_CODES),
        (identifiers.synthetic_new_personal_code, identifiers.SYNTHETIC_NEW_CODES),
        (identifiers.synthetic_registration_number, 909),
        (identifiers.synthetic_metering_point, 50_000_000),
    ],
)
def test_makers_say_when_they_run_out(make: object, number: int) -> None:
    assert callable(make)
    with pytest.raises(ValueError, match="outside 0 to"):
        make(number)


def test_living_persons_are_not_synthetic() -> None:
    assert not identifiers.is_synthetic_personal_code("010180-1000" + identifiers.personal_code_check("0101801000"))
    assert not identifiers.is_synthetic_personal_code("321111-11111")


def test_canonical_form() -> None:
    assert identifiers.personal_code_canonical("01018000012") == "010180-00012"
    assert identifiers.personal_code_canonical(" 010180-00012 ") == "010180-00012"
    assert identifiers.personal_code_canonical("nav") == "nav"
