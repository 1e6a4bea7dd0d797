"""``fixtures/payloads/made`` is what ``make fixtures`` writes, and has every kind of fault."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from conformance.commands.generate import command
from conformance.payloads import fault_kinds
from simulator.domain.model import ChannelName
from simulator.settings.files import data_root
from tests.conformance.payloads.domain.test_invalid import NOWHERE

MADE = data_root("fixtures") / "payloads" / "made"
RECIPE = re.findall(r"aldis generate (.+?) && |aldis generate (.+?) \|\|", Path("Makefile").read_text(encoding="utf-8"))
COMMANDS = [one or other for one, other in RECIPE]


def _bytes(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("channel", ChannelName)
def test_they_are_what_the_makefile_makes(tmp_path: Path, channel: ChannelName) -> None:
    assert len(COMMANDS) == 2
    for line in COMMANDS:
        arguments = shlex.split(line.replace("$$channel", channel))
        arguments[arguments.index("--out") + 1] = str(tmp_path)
        assert CliRunner().invoke(command, arguments).exit_code == 0
    assert _bytes(tmp_path) == _bytes(MADE / channel)


@pytest.mark.parametrize("channel", ChannelName)
def test_every_kind_of_fault_is_among_them(channel: ChannelName) -> None:
    there = {path.stem.split("-", 3)[3] for path in (MADE / channel).glob("*-*-*-*.xml")}
    assert there == {kind for kind in fault_kinds(channel) if (channel, kind) not in NOWHERE}
