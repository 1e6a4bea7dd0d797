"""What a walk does for a client's sake is really needed: without it the walk fails, and for the reason that is given.

When one of these passes without its workaround, the client has become better: take the workaround out of the walk, and
the sentence out of docs/clients.md.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.interop.checking import Check
from tests.interop.clients import NODE, PHP, SUDS, ZEEP, Client
from tests.interop.stage import Stage, open_stage

pytestmark = pytest.mark.interop


@dataclass(frozen=True)
class Workaround:
    """``text`` of a client's walk, what one writes who does not know, and what comes of it (a regular expression)."""

    about: str
    client: Client
    text: str
    instead: str
    symptom: str
    soap: str = "1.2"

    def left_out(self, directory: Path) -> Client:
        """The client with a walk that lacks it."""
        program = self.client.walk.read_text(encoding="utf-8")
        if program.count(self.text) != 1:
            pytest.fail(f"{self.client.walk.name} has {program.count(self.text)} times {self.text!r}, not once")
        walk = directory / self.client.walk.name
        walk.write_text(program.replace(self.text, self.instead), encoding="utf-8")
        return replace(self.client, walk=walk)


WORKAROUNDS = (
    Workaround(
        "address of SOAP 1.1",
        PHP,
        "    'location' => $plan['address'],\n",
        "",
        "text/xml is SOAP 1.1, which is served at .*/plain11",
        soap="1.1",
    ),
    Workaround("lists of one", PHP, "SOAP_SINGLE_ELEMENT_ARRAYS", "0", "must be of type array, stdClass returned"),
    Workaround(
        "XML declaration",
        PHP,
        r"preg_replace('/^<\?xml[^>]*\?>\s*/', '', file_get_contents($path))",
        "file_get_contents($path)",
        "not well-formed XML: XML or text declaration not at start",
    ),
    Workaround("end of an event", PHP, ">.*$/s", ">never/s", "Extra content at the end of the document"),
    Workaround(
        "SOAP 1.2",
        NODE,
        ', { forceSoap12Headers: plan.soap === "1.2" }',
        "",
        "text/xml is SOAP 1.1, which is served at .*/plain11",
    ),
    Workaround(
        "XML declaration",
        NODE,
        r'.replace(/^<\?xml[^>]*\?>\s*/, "")',
        "",
        "not well-formed XML: XML or text declaration not at start",
    ),
    Workaround(
        "fields of an event",
        NODE,
        '{ $xml: event(plan.report, "Kļūda: ēģļš", first) }',
        '{ $xml: document(plan.report), Name: "Kļūda: ēģļš", RelatedMessageID: first }',
        "dit:EventMessage ends too early, expected the element dit:Name",
    ),
    Workaround("text of a fault", NODE, "fault.faultstring.$value", "fault.faultstring", "xml:lang", soap="1.1"),
    Workaround(
        "port of SOAP 1.1",
        ZEEP,
        'client.bind("DITMessageService", "Plain" if plan["soap"] == "1.2" else "Plain11")',
        "client.service",
        "'Sender' == 'Client'",
        soap="1.1",
    ),
    Workaround(
        "lists of one",
        SUDS,
        "return value if isinstance(value, list) else [value]",
        "return value",
        "argument 2 is shorter than argument 1",
        soap="1.1",
    ),
    Workaround("whole document", SUDS, ", prettyxml=True", "", "payload breaks schema .* an empty value", soap="1.1"),
    Workaround(
        "order of an event's fields",
        SUDS,
        "delattr(message, name)",
        "pass",
        "the element dit:RelatedMessageID, expected the element dit:Name",
        soap="1.1",
    ),
)


@pytest.mark.parametrize(
    "workaround",
    [pytest.param(workaround, id=f"{workaround.client.name}: {workaround.about}") for workaround in WORKAROUNDS],
)
def test_it_is_needed(workaround: Workaround, tmp_path: Path) -> None:
    with open_stage(tmp_path) as stage:
        failed = None
        try:
            _walk(workaround, stage, tmp_path)
        except AssertionError as reason:
            failed = f"{reason}\n{_causes(stage)}"
    assert failed is not None, "the walk passes without it"
    assert re.search(workaround.symptom, failed), failed


def _walk(workaround: Workaround, stage: Stage, directory: Path) -> None:
    client = workaround.left_out(directory)
    check = Check(stage, client, workaround.soap)
    check.saw(client.saw(stage.plan(workaround.soap)))
    check.journal()


def _causes(stage: Stage) -> str:
    return "\n".join(each["cause"] for each in stage.journal_since() if each["cause"])
