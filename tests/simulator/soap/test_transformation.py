"""A sub-version's stylesheet that does not terminate, as the sender of a list sees it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from uuid import uuid4

from simulator.documents.writing import write_document, write_national
from simulator.domain.clock import RIGA
from simulator.domain.model import ChannelName, Document, Header, Period
from tests.simulator.dit.test_xslt_process import EXPLODING
from tests.simulator.soap.setting import BVKB, open_setting, read_fault, send_request


def test_the_list_is_refused_with_a_fault_and_the_server_goes_on(tmp_path: Path) -> None:
    stylesheet = tmp_path / "bad.xslt"
    stylesheet.write_text(EXPLODING)
    with open_setting() as setting:
        limits = setting.profile.limits
        bound = replace(limits.transformation_seconds, value=1)
        setting.profile = replace(
            setting.profile,
            national=replace(setting.profile.national, stylesheet=str(stylesheet)),
            limits=replace(limits, transformation_seconds=bound),
        )
        provider = setting.world.retailers[0].registration_number
        header = Header(str(uuid4()), provider, datetime(2026, 1, 5, 8, tzinfo=RIGA), Period(2026, 1), 0)
        document = write_document(Document(ChannelName.DISCOUNT, header, ()), setting.profile)
        national = write_national({provider: document}, setting.profile)
        reply = setting.post(send_request(setting.version(ChannelName.DISCOUNT), national), user=BVKB)
        assert reply.status_code == 500
        fault = read_fault(reply.data)
        assert fault.refusal == "transformation-stopped"
        assert fault.code.endswith("}Receiver")
        assert "took longer than 1 seconds" in fault.texts["en"]
        entry = setting.exchanges[-1]
        assert "limits.transformation_seconds" in str(entry.cause)
        assert setting.send().status_code == 200
