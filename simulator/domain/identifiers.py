"""Identifiers: personal codes, registration numbers, EICs (check digits, synthetic ones), the identity of a document.

python-stdnum is not used for personal codes: it applies a check digit to the new form, which has none.
"""

from __future__ import annotations

import functools
import re
from datetime import date, timedelta
from operator import mul

from simulator.domain.model import Document

_PERSONAL_CODE = re.compile(r"(\d{6})-?(\d{5})", re.ASCII)
_NEW_FORM = re.compile(r"3[2-9]\d{9}", re.ASCII)
_CENTURIES = {"0": 1800, "1": 1900, "2": 2000}
_PERSON_WEIGHTS = (1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_COMPANY_WEIGHTS = (9, 1, 4, 8, 3, 10, 2, 5, 7, 6, 1)
_EIC_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-"

SYNTHETIC_OLD_CODES = 36_500 * 1000
"""Number of synthetic codes of the old form: 1000 for each of 36,500 days from 1801-01-01."""
SYNTHETIC_NEW_CODES = 10 * 100_000
"""Number of synthetic codes of the new form: the reserved block 329990-00000 to 329999-99999."""


def personal_code_canonical(code: str) -> str:
    """Return a code with its hyphen, so that codes can be compared; other text is returned unchanged."""
    match = _PERSONAL_CODE.fullmatch(code.strip())
    return f"{match[1]}-{match[2]}" if match else code.strip()


def personal_code_valid(code: str) -> bool:
    """Return True for a text that can be a personal code.

    Old form DDMMYY-CNNNK: the date exists in its century (C: 0 for 18xx, 1 for 19xx, 2 for 20xx) and the check digit
    K is right (equal to python-stdnum; not confirmed by the register). New form, since 01.07.2017: 3[2-9]NNNN-NNNNN,
    without date and check digit. The hyphen is optional. Source: Law on the Register of Natural Persons, documented;
    the check digit's algorithm inferred.
    """
    match = _PERSONAL_CODE.fullmatch(code)
    if match is None:
        return False
    digits = match[1] + match[2]
    if _NEW_FORM.fullmatch(digits):
        return True
    return personal_code_birth_date(digits) is not None and digits[10] == personal_code_check(digits[:10])


def personal_code_birth_date(code: str) -> date | None:
    """Return the date of birth in a code of the old form; None for the new form and for a date that does not exist."""
    digits = code.replace("-", "")
    if len(digits) != 11 or digits[6] not in _CENTURIES:
        return None
    try:
        return date(_CENTURIES[digits[6]] + int(digits[4:6]), int(digits[2:4]), int(digits[:2]))
    except ValueError:
        return None


def personal_code_check(digits: str) -> str:
    """Return the check digit of the old form for its first ten digits."""
    total = sum(map(mul, _PERSON_WEIGHTS, map(int, digits)))
    return str((1101 - total) % 11 % 10)


def registration_number_valid(number: str) -> bool:
    """Return True for 11 digits with the check digit of a company (Register of Enterprises, documented)."""
    if not re.fullmatch(r"\d{11}", number, re.ASCII):
        return False
    return sum(weight * int(digit) for weight, digit in zip(_COMPANY_WEIGHTS, number, strict=True)) % 11 == 3


def eic_check(body: str) -> str:
    """Return the check character for the first 15 characters of an EIC (ENTSO-E EIC reference manual, documented).

    ``-`` means that these 15 characters may not be used. Raises ValueError for a text that is no body of an EIC.
    """
    values = [_EIC_ALPHABET.find(character) for character in body]
    if len(body) != 15 or -1 in values:
        raise ValueError(f"{body!r} is not the body of an EIC: 15 characters of 0-9, A-Z and the hyphen")
    total = sum(map(mul, range(16, 1, -1), values))
    return _EIC_ALPHABET[36 - (total - 1) % 37]


def eic_valid(code: str) -> bool:
    """Return True for an EIC: 16 characters with the right check character."""
    if len(code) != 16 or any(character not in _EIC_ALPHABET for character in code):
        return False
    return code[15] != "-" and eic_check(code[:15]) == code[15]


def synthetic_personal_code(number: int, *, hyphen: bool = True) -> str:
    """Return the n-th synthetic code of the old form: century digit 0, so its bearer would be born in the 1800s.

    Raises ValueError outside 0 to SYNTHETIC_OLD_CODES - 1.
    """
    if not 0 <= number < SYNTHETIC_OLD_CODES:
        raise ValueError(f"{number} is outside 0 to {SYNTHETIC_OLD_CODES - 1}")
    serial, day = divmod(number, 36_500)
    born = date(1801, 1, 1) + timedelta(days=day * 7919 % 36_500)
    digits = f"{born.day:02d}{born.month:02d}{born.year % 100:02d}0{serial:03d}"
    return f"{digits[:6]}{'-' if hyphen else ''}{digits[6:]}{personal_code_check(digits)}"


def synthetic_new_personal_code(number: int, *, hyphen: bool = True) -> str:
    """Return the n-th synthetic code of the new form, from the block 329990-00000 to 329999-99999.

    The block is a convention of this project; the register may assign such a code to a person. Raises ValueError
    outside 0 to SYNTHETIC_NEW_CODES - 1.
    """
    if not 0 <= number < SYNTHETIC_NEW_CODES:
        raise ValueError(f"{number} is outside 0 to {SYNTHETIC_NEW_CODES - 1}")
    head, tail = divmod(number, 100_000)
    return f"32999{head}{'-' if hyphen else ''}{tail:05d}"


def is_synthetic_personal_code(code: str) -> bool:
    """Return True for a code of no living person: born in the 1800s, or in the block of synthetic codes."""
    digits = code.replace("-", "")
    if not personal_code_valid(code):
        return False
    return digits[6] == "0" if not _NEW_FORM.fullmatch(digits) else digits.startswith("32999")


def synthetic_registration_number(number: int) -> str:
    """Return the n-th valid registration number 4000999NNNK. Raises ValueError outside 0 to 908."""
    numbers = _synthetic_registration_numbers()
    if not 0 <= number < len(numbers):
        raise ValueError(f"{number} is outside 0 to {len(numbers) - 1}")
    return numbers[number]


@functools.cache
def _synthetic_registration_numbers() -> tuple[str, ...]:
    candidates = (f"4000999{body:03d}{check}" for body in range(1000) for check in range(10))
    return tuple(candidate for candidate in candidates if registration_number_valid(candidate))


def synthetic_metering_point(number: int) -> str:
    """Return the n-th synthetic metering point: an EIC of the form ``43Z-STO`` + 8 digits + check character.

    Different numbers give different codes. Raises ValueError outside 0 to 49,999,999.
    """
    return _synthetic_eic("43Z-STO", number)


def synthetic_customer_eic(number: int) -> str:
    """Return the n-th synthetic EIC of a customer: ``43X-STP`` + 8 digits + check. See synthetic_metering_point."""
    return _synthetic_eic("43X-STP", number)


def _synthetic_eic(prefix: str, number: int) -> str:
    if not 0 <= number < 50_000_000:
        raise ValueError(f"{number} is outside 0 to 49999999")
    # Two neighbouring bodies differ by 2 in the sum, so at most one of a pair has the forbidden check character.
    for body in (f"{prefix}{2 * number:08d}", f"{prefix}{2 * number + 1:08d}"):
        check = eic_check(body)
        if check != "-":
            return body + check
    raise AssertionError("two neighbouring EIC bodies cannot both lack a check character")


def identity(document: Document) -> tuple[object, ...]:
    """Return what identifies a document: two documents are the same when their identities are equal.

    It has all fields but the time of creation, which a sender may change when it sends a document again: channel,
    document id, provider, period, record count, the document that it corrects, and the records in their order. Document
    ids are compared without regard to case. The records are not copied: the identity of a large document is valid only
    as long as the file with its records exists.
    """
    header = document.header
    return (
        document.channel,
        document_key(header.document_id),
        header.provider,
        header.period,
        header.record_count,
        None if header.corrects is None else document_key(header.corrects),
        document.records,
    )


def document_key(document_id: str) -> str:
    """Return a document id for comparison, in lower case: GUIDs are equal without regard to case."""
    return document_id.lower()
