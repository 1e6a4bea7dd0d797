"""From the rules' verdicts to the events that reports are made of."""

from __future__ import annotations

from collections.abc import Collection

from conformance.report.events import Breach, EvidenceInfo, Judged, RequirementInfo
from conformance.requirements.catalogue import NEEDS
from conformance.requirements.model import Requirement
from conformance.rules.model import Finding, Verdict


def requirement_info(requirement: Requirement, switched_on: Collection[str]) -> RequirementInfo:
    """A requirement as reports show it; ``switched_on`` is what a requirement may need and this run has."""
    lacking = requirement.needs if requirement.needs not in switched_on else None
    return RequirementInfo(
        id=requirement.id,
        level=requirement.level.value,
        text_lv=requirement.text_lv,
        text_en=requirement.text_en,
        remedy_lv=requirement.remedy_lv,
        remedy_en=requirement.remedy_en,
        basis=requirement.provenance.basis.value,
        source=requirement.provenance.source,
        untested=requirement.untested or (NEEDS[lacking] if lacking is not None else None),
    )


def judged(verdict: Verdict) -> Judged:
    """A rule's verdict as reports show it."""
    return Judged(
        requirement=verdict.requirement,
        checked=verdict.checked,
        breaches=tuple(_breach(each) for each in verdict.findings),
    )


def _breach(finding: Finding) -> Breach:
    return Breach(
        requirement=finding.requirement,
        message_lv=finding.message_lv,
        message_en=finding.message_en,
        expected=finding.expected,
        evidence=tuple(EvidenceInfo(each.entry, each.path, each.excerpt) for each in finding.evidence),
        expected_lv=finding.expected_lv,
    )
