"""Each invalid document gets the finding that it states, and no other."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings

from conformance.payloads import InvalidDocument, fault_kinds, invalid_documents, make_invalid
from conformance.payloads.domain.invalid import MUTATORS
from conformance.payloads.domain.samples import sample_documents
from simulator.documents.profile import Profile, load_profile
from simulator.documents.reading import parse_document
from simulator.documents.validation import validate
from simulator.domain import business_rules
from simulator.domain.model import ChannelName
from tests.simulator.documents.conftest import OTHER

PROFILE, ANOTHER = load_profile(), load_profile(OTHER / "profile.toml")
# The reconstruction has no required attribute; contracts have no amounts, payouts no enumerated values.
NOWHERE = {
    (ChannelName.CONTRACT, "missing-attribute"),
    (ChannelName.CONTRACT, "decimal-comma"),
    (ChannelName.CONTRACT, "three-decimals"),
    (ChannelName.CONTRACT, "too-many-digits"),
    (ChannelName.DISCOUNT, "missing-attribute"),
    (ChannelName.PAYOUT, "missing-attribute"),
    (ChannelName.PAYOUT, "enumeration"),
}
ALL = [(channel, kind) for channel in ChannelName for kind in fault_kinds(channel)]
SAMPLED = settings(max_examples=12, suppress_health_check=list(HealthCheck))


def _assert_only_the_stated_finding(document: InvalidDocument, profile: Profile, channel: ChannelName) -> None:
    expected = None if document.code == "root" else channel
    assert {(finding.code, finding.path) for finding in validate(document.data, profile, expected)} == {
        (document.code, document.path)
    }


@pytest.mark.parametrize(("channel", "kind"), [pair for pair in ALL if pair not in NOWHERE])
def test_validation_reports_the_stated_finding(channel: ChannelName, kind: str) -> None:
    @SAMPLED
    @given(invalid_documents(channel, PROFILE, kind))
    def holds(document: InvalidDocument) -> None:
        assert document.why
        _assert_only_the_stated_finding(document, PROFILE, channel)

    holds()


@pytest.mark.parametrize(
    ("channel", "kind"),
    [
        (ChannelName.CONTRACT, "missing-attribute"),
        (ChannelName.CONTRACT, "order"),
        (ChannelName.DISCOUNT, "missing-element"),
        (ChannelName.DISCOUNT, "no-such-month"),
        (ChannelName.DISCOUNT, "catch-up-period"),
        (ChannelName.PAYOUT, "missing-attribute"),
        (ChannelName.PAYOUT, "invoice-overdrawn"),
    ],
)
def test_validation_reports_the_stated_finding_under_another_schema(channel: ChannelName, kind: str) -> None:
    @SAMPLED
    @given(invalid_documents(channel, ANOTHER, kind))
    def holds(document: InvalidDocument) -> None:
        _assert_only_the_stated_finding(document, ANOTHER, channel)

    holds()


@pytest.mark.parametrize(("channel", "kind"), sorted(NOWHERE))
def test_a_mutator_returns_none_for_documents_without_a_place_for_its_fault(channel: ChannelName, kind: str) -> None:
    samples = sample_documents(channel, PROFILE, count=30, records=3, seed=1)
    assert all(make_invalid(sample, PROFILE, kind) is None for sample in samples)


def test_every_business_rule_is_broken_by_a_mutator() -> None:
    assert len(MUTATORS) >= 25
    broken = set()
    for channel in ChannelName:
        for document in sample_documents(channel, PROFILE, count=12, records=3, seed=5):
            attempts = (make_invalid(document, PROFILE, kind) for kind in fault_kinds(channel))
            broken |= {invalid.code for invalid in attempts if invalid is not None}
    # The schema of the reconstruction already forbids what these two rules forbid.
    assert {rule.code for rule in business_rules.RULES} - broken == {"time-zone", "money-decimals"}


def test_same_seed_same_fault() -> None:
    (document,) = sample_documents(ChannelName.CONTRACT, PROFILE, count=1, records=5, seed=2)
    first, again, other = (make_invalid(document, PROFILE, "missing-element", seed=seed) for seed in (3, 3, 4))
    assert first == again != other


def test_a_mutator_changes_nothing_but_its_fault() -> None:
    (document,) = sample_documents(ChannelName.CONTRACT, PROFILE, count=1, records=2, seed=2)
    invalid = make_invalid(document, PROFILE, "unknown-attribute")
    assert invalid is not None
    tree = parse_document(invalid.data)
    for element in tree.iter("*"):
        element.attrib.pop("zime", None)
    assert validate(invalid.data.replace(b' zime="1"', b""), PROFILE, ChannelName.CONTRACT) == ()
