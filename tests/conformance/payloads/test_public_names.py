"""The names that users import from ``conformance.payloads``, and those of the release before."""

from __future__ import annotations

import subprocess
import sys

import pytest

from conformance import payloads
from conformance.payloads import refinements, spoilers
from simulator.documents import model
from simulator.domain.model import ChannelName


@pytest.mark.parametrize("name", payloads.__all__)
def test_every_public_name_can_be_imported(name: str) -> None:
    assert getattr(payloads, name).__module__.startswith("conformance.payloads.")


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute nothing"):
        _ = payloads.nothing


def test_the_names_of_the_release_before_are_the_same_objects() -> None:
    assert model.ChannelName is ChannelName
    assert refinements.documents is payloads.documents
    assert refinements.payloads is payloads.payloads
    assert spoilers.kinds is payloads.fault_kinds
    assert spoilers.spoil is payloads.make_invalid
    assert spoilers.spoilt is payloads.invalid_documents
    assert spoilers.Spoilt is payloads.InvalidDocument
    assert set(spoilers.SPOILERS) >= set(spoilers.kinds(next(iter(spoilers.SPOILERS["record-count"].channels))))


def test_samples_and_invalid_documents_are_made_without_hypothesis() -> None:
    program = "from conformance.payloads import make_invalid, sample_bytes; import sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "conformance.payloads.domain.samples" in done.stdout.split()
    assert "hypothesis" not in done.stdout.split()
