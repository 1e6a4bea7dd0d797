"""The monthly quota as a client sees it, with a small quota."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from simulator.dit.rights import Options, charge, sent_in
from simulator.documents.profile import Profile, load_profile
from simulator.domain.clock import RIGA, Clock
from simulator.domain.model import Environment, Period
from simulator.store import Store
from tests.simulator.postgresql import MISSING, cluster, programs
from tests.simulator.soap.setting import OTHER, ReadFault, Setting, open_setting, read_fault


def _with_quota(profile: Profile, **limits: int) -> Profile:
    known = profile.limits.month_bytes
    changes = {f"month_bytes_{name}": replace(known[Environment(name)], value=value) for name, value in limits.items()}
    return replace(profile, limits=replace(profile.limits, **changes))  # type: ignore[arg-type]


def test_what_passes_the_quota_is_refused_until_the_next_month() -> None:
    with open_setting() as setting:
        size = len(setting.contract_document())  # at least as many bytes as the payload that DIT stores
        setting.profile = _with_quota(setting.profile, test=2 * size)
        assert [setting.send().status_code for _ in range(2)] == [200, 200]
        fault = _refused(setting)
        assert fault.refusal == "monthly-quota"
        assert "authority 100777 has sent" in fault.texts["en"]
        assert "in 2026-01" in fault.texts["en"]
        assert f"pārsniegtu mēneša limitu {2 * size}" in fault.texts["lv"]
        entry = setting.exchanges[-1]
        assert (entry.fault_code, "section 2.4 (documented)" in str(entry.cause)) == ("monthly-quota", True)
        assert setting.send(user=OTHER, document=_other(setting)).status_code == 200, (
            "another sender's month is its own"
        )
        setting.clock.advance(datetime(2026, 2, 1, tzinfo=RIGA))
        assert setting.send().status_code == 200


def _refused(setting: Setting) -> ReadFault:
    for _ in range(2):  # what was refused is not counted
        reply = setting.send()
        assert reply.status_code == 400
    return read_fault(reply.data)


def _other(setting: Setting) -> bytes:
    ours, other = (retailer.registration_number for retailer in setting.world.retailers)
    return setting.contract_document().replace(ours.encode(), other.encode())


def test_production_has_a_quota_of_its_own() -> None:
    with open_setting() as setting:
        setting.options = Options(environment=Environment.PRODUCTION)
        setting.profile = _with_quota(setting.profile, production=1)
        assert read_fault(setting.send().data).refusal == "monthly-quota"
    with open_setting() as setting:
        setting.profile = _with_quota(setting.profile, production=1)
        assert setting.send().status_code == 200


def test_the_documented_quotas() -> None:
    limits = load_profile().limits.month_bytes
    assert {str(environment): limit.value for environment, limit in limits.items()} == {
        "test": 10**11,
        "production": 5 * 10**10,
    }
    assert {limit.provenance.basis.value for limit in limits.values()} == {"documented"}


def test_the_count_outlives_a_restart(tmp_path: Path) -> None:
    with open_setting(tmp_path) as setting:
        assert setting.send().status_code == 200
        size = setting.exchanges[0].details["size"]
    with open_setting(tmp_path) as setting, setting.store.reading() as transaction:
        assert sent_in(transaction, "100777", Period(2026, 1)) == size


def test_it_counts_on_postgresql_too() -> None:
    binaries = programs()
    if binaries is None:
        pytest.skip(MISSING)
    day = Clock.real().now().date()
    with cluster(binaries) as url, Store.open(url=url) as store:
        with store.transaction() as transaction:
            charge(transaction, "100777", day, 6 * 10**10, 10**11)
        with pytest.raises(Exception, match="would pass the limit"), store.transaction() as transaction:
            charge(transaction, "100777", day, 6 * 10**10, 10**11)
        with store.reading() as transaction:
            assert sent_in(transaction, "100777", Period.of(day)) == 6 * 10**10
