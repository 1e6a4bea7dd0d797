"""Each client loads the WSDL as it is served and goes through all six operations, a reply by an event, and a fault."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest

from tests.interop.checking import Check
from tests.interop.clients import CLIENTS, Client
from tests.interop.stage import open_stage

pytestmark = pytest.mark.interop

WALKS = [pytest.param(client, soap, id=f"{client.name}-{soap}") for client in CLIENTS for soap in client.soap]


@pytest.mark.parametrize(("client", "soap"), WALKS)
def test_walk(client: Client, soap: str, tmp_path: Path) -> None:
    with open_stage(tmp_path) as stage:
        check = Check(stage, client, soap)
        saw = client.saw(stage.plan(soap))
        check.saw(saw)
        check.journal()

        # The check can fail: it minds one letter of a payload that this client brought back.
        wrong = copy.deepcopy(saw)
        wrong["received"][0]["payload"] = saw["received"][0]["payload"].replace("ē", "e", 1)
        assert wrong != saw
        with pytest.raises(AssertionError):
            check.saw(wrong)


@pytest.mark.parametrize("client", [pytest.param(client, id=client.name) for client in CLIENTS])
def test_a_walk_that_is_refused_fails(client: Client, tmp_path: Path) -> None:
    with open_stage(tmp_path) as stage:
        with pytest.raises(AssertionError, match=f"{client.name} failed"):
            client.saw(stage.plan(client.soap[0], user="stranger"))
        (refused,) = stage.journal_since()[:-1]  # the last is the clock's
        assert (refused["operation"], refused["outcome"], refused["authority"]) == ("ReceiveMessageList", "fault", None)
