"""Each fault code that a rule names is one that the simulator gives: a rule cannot wait for what never comes."""

from __future__ import annotations

from conformance.rules import dit, driver, traffic, xml
from simulator.dit.model import RefusalCode
from simulator.ftps.refusals import FtpCode
from simulator.soap.refusals import EnvelopeCode

GIVEN = {str(code) for code in (*RefusalCode, *EnvelopeCode, *FtpCode)}


def test_the_codes_that_rules_name_are_given() -> None:
    named = {*dit._RIGHTS, *dit._OTHER_CHAPTERS, *traffic._OUR_TROUBLE, xml._PAYLOAD, xml._CHARSET}
    named |= {driver._CLEAR, driver._HANDSHAKE, traffic.BAD_NAME}
    assert named - GIVEN == set()
