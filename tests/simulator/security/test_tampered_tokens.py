"""Tokens that the STS tampers with as an injected fault: the call is refused, and the journal names the fault."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from simulator.fault_injection.faults import ISSUING, Faults, InjectedFault
from simulator.journal import Entry, Kind, Outcome
from simulator.security.settings import load_settings
from tests.simulator.security.setting import SecuredSetting, secured_setting


@pytest.fixture(params=[True, False], ids=["encrypted", "open"])
def setting(keys: Path, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[SecuredSetting]:
    own = tmp_path / "own.toml"
    own.write_text(f"[sts]\nencrypt = {str(request.param).lower()}\n")
    with secured_setting(keys, load_settings(own)) as opened:
        yield opened


def issue(setting: SecuredSetting) -> Entry:
    return [entry for entry in setting.setting.journal if entry.kind is Kind.TOKEN][-1]


@pytest.mark.parametrize("kind", sorted(ISSUING))
def test_the_call_is_refused_and_the_journal_says_whose_fault_it_is(setting: SecuredSetting, kind: str) -> None:
    setting.setting.faults.arm(InjectedFault(kind=kind))
    token = setting.token()
    issued = issue(setting)
    assert (issued.outcome, issued.details["misbehaviour"]) == (Outcome.OK, kind)
    assert setting.list(token).status == 500
    refused = setting.last
    assert (refused.outcome, refused.fault_code) == (Outcome.FAULT, "security")
    assert refused.details["misbehaviour"] == kind
    assert refused.details["security"] == {"token_digest": issued.details["token_digest"]}
    (complaint,) = refused.details["complaints"]  # type: ignore[misc]
    assert isinstance(complaint, dict)
    assert str(complaint["code"]).startswith("token-")


@pytest.mark.parametrize("kind", sorted(ISSUING))
def test_the_next_token_is_good(setting: SecuredSetting, kind: str) -> None:
    setting.setting.faults.arm(InjectedFault(kind=kind))
    setting.token()
    assert setting.list(setting.token()).status == 200
    assert "misbehaviour" not in setting.last.details
    security = setting.last.details["security"]
    assert isinstance(security, dict)
    assert security["token_digest"] == issue(setting).details["token_digest"]


def test_an_expired_token_says_so(setting: SecuredSetting) -> None:
    setting.setting.faults.arm(InjectedFault(kind="expired_token"))
    setting.token()
    ended = datetime.fromisoformat(str(issue(setting).details["expires"]))
    skew = timedelta(seconds=setting.settings.call.skew_seconds.value)
    assert ended + skew <= setting.setting.clock.now()


def test_only_the_sts_issues_them() -> None:
    with pytest.raises(ValueError, match="arm it on Issue"):
        Faults().arm(InjectedFault(kind="foreign_token", operation="SendMessage2"))
