"""Waivers let a broken requirement pass for a while; an expired, a needless or a misspelt one fails the run."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from conformance.report.events import Status, Waiver
from conformance.report.summary import WaiverFault
from conformance.waivers import WaiverError, load_waivers
from tests.conformance.commands.running import aldis
from tests.conformance.report.runs import fold, info, judged, run, scenario

KNOWN = ("PAY-01", "PAY-10", "DIT-04")
GOOD = """
[[waiver]]
requirement = "PAY-10"
reason = "empty months come with release 4.2"
until = 2026-12-31
"""


def _file(folder: Path, text: str) -> Path:
    path = folder / "waivers.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_waiver_is_read(tmp_path: Path) -> None:
    expected = Waiver("PAY-10", "empty months come with release 4.2", date(2026, 12, 31))
    assert load_waivers(_file(tmp_path, GOOD), KNOWN) == (expected,)
    assert load_waivers(_file(tmp_path, ""), KNOWN) == ()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (GOOD.replace("PAY-10", "PAY-19"), "there is no requirement 'PAY-19'; is PAY-10 meant?"),
        (GOOD.replace("2026-12-31", '"2026-12-31"'), "expected a date without quotation marks"),
        (GOOD.replace("empty months come with release 4.2", " "), "reason is ' '"),
        (GOOD.replace("reason", "because"), "expected exactly requirement, reason, until"),
        (GOOD + GOOD, "PAY-10 is waived twice"),
        ("[waivers]", "expected [[waiver]] tables"),
        ("waiver = 3", "expected [[waiver]] tables"),
        ("not toml", "cannot be read"),
    ],
)
def test_a_file_that_cannot_be_used_is_explained(text: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(WaiverError) as caught:
        load_waivers(_file(tmp_path, text), KNOWN)
    assert says in str(caught.value)
    assert "waivers.toml" in str(caught.value)


def _summary(waiver: Waiver, *, broken: int):  # type: ignore[no-untyped-def]
    requirements = [info("PAY-01"), info("DIT-04")]
    return fold(
        run(
            scenario("month", judged("PAY-01", 1, broken), judged("DIT-04"), status=Status.PASSED),
            requirements=requirements,
            waivers=(waiver,),
        )
    )


def test_a_waived_requirement_does_not_fail_the_run() -> None:
    summary = _summary(Waiver("PAY-01", "later", date(2026, 3, 2)), broken=1)  # the very last day
    assert summary.verdicts[0].status is Status.WAIVED
    assert summary.waiver_faults == ()
    assert summary.exit_code == 0


def test_an_expired_waiver_fails_it() -> None:
    waiver = Waiver("PAY-01", "later", date(2026, 3, 1))
    summary = _summary(waiver, broken=1)
    assert summary.verdicts[0].status is Status.FAILED
    assert summary.waiver_faults == ((waiver, WaiverFault.EXPIRED),)
    assert summary.exit_code == 1
    assert _summary(waiver, broken=0).exit_code == 1


def test_a_waiver_of_what_holds_is_stale_and_fails_it() -> None:
    waiver = Waiver("PAY-01", "later", date(2026, 12, 31))
    summary = _summary(waiver, broken=0)
    assert summary.waiver_faults == ((waiver, WaiverFault.STALE),)
    assert summary.exit_code == 1


def test_a_waiver_of_what_was_not_tested_is_left_alone() -> None:
    summary = fold(
        run(
            scenario("month", judged("DIT-04")),
            requirements=[info("PAY-01"), info("DIT-04")],
            waivers=(Waiver("PAY-01", "later", date(2026, 12, 31)),),
        )
    )
    assert summary.exit_code == 0


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        (GOOD.replace("2026-12-31", "9999-12-31"), 1, "no longer needed"),
        (GOOD.replace("2026-12-31", "2020-12-31"), 1, "expired on 2020-12-31"),
        (GOOD.replace("PAY-10", "PAY-99"), 2, "no requirement 'PAY-99'"),
    ],
)
def test_check_takes_waivers(text: str, code: int, says: str, tmp_path: Path) -> None:
    _file(tmp_path, text)
    done = aldis(
        "check",
        "--only",
        "A month without any support to pay out",
        "--waivers",
        "waivers.toml",
        "--report",
        "report",
        cwd=tmp_path,
    )
    assert done.returncode == code
    assert says in " ".join((done.stdout + done.stderr).split())
