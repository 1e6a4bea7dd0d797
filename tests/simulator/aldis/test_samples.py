"""Each error code of ALDIS is caused by its sample in ``fixtures/payloads``, through the real intake."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from simulator.aldis.errors import ErrorCatalogue
from simulator.documents.business import RULES
from simulator.domain.model import ChannelName, Period
from simulator.settings.files import data_root
from simulator.world.file import load_world
from tests.simulator.aldis.conftest import MakeCountry
from tests.simulator.aldis.country import Country

PAYLOADS = data_root("fixtures") / "payloads"
SAMPLES = PAYLOADS / "aldis"
EXPECTED = sorted(SAMPLES.glob("*/*.expect.json"))
_SENT_BY_ALDIS = {"discount", "error"}


def _sample(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def _post(country: Country, path: Path, sender: str) -> str:
    retailer = country.world.retailer(sender)
    assert retailer is not None
    return country.post_bytes(path.read_bytes(), ChannelName(path.parent.name), retailer)


def _played(make_country: MakeCountry, path: Path) -> tuple[Country, dict[str, Any], str]:
    """The country after a sample was taken in, what is expected of it, and the sample's message id."""
    expected = _sample(path)
    # Some samples break the schema: a DIT that does not validate lets them through to ALDIS.
    country = make_country(load_world(expected["world"]), validate_on_send=False)
    before = [SAMPLES / name for name in expected["before"]]
    for earlier in (earlier for earlier in before if earlier.parent.name == "contract"):
        _post(country, earlier, expected["sender"])
        assert country.take()["errors"] == []
    country.until(date.fromisoformat(expected["day"]))
    for earlier in (earlier for earlier in before if earlier.parent.name == "payout"):
        _post(country, earlier, expected["sender"])
        assert country.take()["errors"] == []
    message = _post(country, path.with_name(f"{expected['code']}.xml"), expected["sender"])
    country.aldis.wake()
    return country, expected, message


def test_every_code_of_the_catalogue_has_its_sample() -> None:
    own = ErrorCatalogue.own()
    assert sorted(path.name.removesuffix(".expect.json") for path in EXPECTED) == sorted(
        own.kind(name).code for name in own.names()
    )


@pytest.mark.parametrize("path", EXPECTED, ids=[path.name.removesuffix(".expect.json") for path in EXPECTED])
def test_a_sample_provokes_its_code(make_country: MakeCountry, path: Path) -> None:
    country, expected, message = _played(make_country, path)
    assert expected["why"]
    kind = next(
        error_kind
        for error_kind in (ErrorCatalogue.own().kind(n) for n in ErrorCatalogue.own().names())
        if error_kind.code == path.name[:-12]
    )
    assert (expected["code"], expected["severity"]) == (kind.code, kind.severity)
    if "reconcile" in expected:
        month = Period.parse(expected["reconcile"]) + 1
        country.until(date(month.year, month.month, 22))
        found = [
            difference["code"]
            for act in country.acts("reconcile")
            if act["period"] == expected["reconcile"]
            for difference in act["differences"]
        ]
        assert found == [expected["code"]]
        return
    intake = country.acts("intake")[-1]
    assert intake["message"] == message
    # "also" holds the errors by the business rules of simulator.documents.
    found = [(error["code"], error["position"], error["severity"]) for error in intake["errors"]]
    also = expected.get("also", [])
    assert found == [
        *((code, None, "error") for code in also),
        (expected["code"], expected["position"], expected["severity"]),
    ]
    assert set(also) <= {rule.code for rule in RULES}
    # The retailer hears of it on the same channel, about the same message, in Latvian and English.
    retailer = country.world.retailer(expected["sender"])
    assert retailer is not None
    event, report = country.errors(ChannelName(path.parent.name), retailer)[-1]
    assert event.related_message == message
    *_, error = report.errors
    assert (error.code, error.position) == (expected["code"], expected["position"])
    assert error.text_lv
    assert error.text_en


_BY_RULE = {rule.code for rule in RULES} - {"provider-number"}  # ALDIS asks first whether the sender is who it says
INVALID = [
    path
    for path in sorted(PAYLOADS.glob("*/invalid-*.expect.json"))
    if path.parent.name not in _SENT_BY_ALDIS and _sample(path)["code"] in _BY_RULE
]


@pytest.mark.parametrize("path", INVALID, ids=[f"{path.parent.name} {path.name[:-12]}" for path in INVALID])
def test_the_intake_reports_breaches_of_business_rules(make_country: MakeCountry, path: Path) -> None:
    """ALDIS answers each invalid document of a channel with the error of its rule."""
    country = make_country(load_world("town"), validate_on_send=False)
    country.until(country.world.start + timedelta(days=70))
    data = path.with_name(path.name.replace(".expect.json", ".xml")).read_bytes()
    country.post_bytes(data, ChannelName(path.parent.name))
    assert _sample(path)["code"] in [error["code"] for error in country.take()["errors"]]


def test_the_rules_of_both_channels_have_their_samples() -> None:
    assert len(INVALID) > 15
    assert {path.parent.name for path in INVALID} == {"contract", "payout"}
