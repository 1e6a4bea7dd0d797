"""Stylesheets that do not end: the message is refused, and the server keeps running."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from simulator.dit.model import ChannelVersion, RefusalCode, Transformation
from simulator.dit.xslt_process import Stopped, Transformer, transformer
from simulator.documents.profile import load_profile
from tests.simulator.dit.setting import COLLECT, CUT_STYLESHEET, FIRST, WHOLE, install, item, listing, setting, versions

_BEFORE = '<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">'
_SENDING = _BEFORE + '<xsl:template match="/"><xsl:call-template name="on"/></xsl:template>{template}</xsl:stylesheet>'
ENDLESS = _SENDING.format(template='<xsl:template name="on"><xsl:call-template name="on"/></xsl:template>')
EXPLODING = _SENDING.format(
    template='<xsl:template name="on"><xsl:param name="n" select="60"/><xsl:if test="$n &gt; 0">'
    + '<xsl:call-template name="on"><xsl:with-param name="n" select="$n - 1"/></xsl:call-template>' * 2
    + "</xsl:if></xsl:template>"
)
SWELLING = _SENDING.format(
    template='<xsl:template name="on"><xsl:param name="n" select="60"/><xsl:param name="s" select="\'swelling\'"/>'
    '<xsl:choose><xsl:when test="$n = 0"><a><xsl:value-of select="$s"/></a></xsl:when><xsl:otherwise>'
    '<xsl:call-template name="on"><xsl:with-param name="n" select="$n - 1"/>'
    '<xsl:with-param name="s" select="concat($s, $s)"/></xsl:call-template></xsl:otherwise></xsl:choose></xsl:template>'
)


def _cut_by(name: str, version: ChannelVersion) -> ChannelVersion:
    cut = version.transformation
    return version if cut is None else replace(version, transformation=replace(cut, stylesheet=name))


@pytest.mark.parametrize(
    ("stylesheet", "says"),
    [
        (ENDLESS, r"calls its own templates too deep|took longer than 1 seconds"),
        (EXPLODING, "took longer than 1 seconds"),
        (SWELLING, r"took more memory|took longer than 1 seconds|ended its process"),
    ],
    ids=["endless", "exploding", "swelling"],
)
def test_a_stylesheet_without_end_refuses_the_message_and_nothing_else(
    tmp_path: Path, stylesheet: str, says: str
) -> None:
    tmp_path.joinpath("bad.xslt").write_text(stylesheet)
    with setting(tmp_path, transformation_seconds=1) as net:
        with net.store.transaction() as transaction:
            install(net.network, transaction, [_cut_by("bad.xslt", version) for version in versions()])
        error = net.refusal(lambda transaction: net.send_in(transaction, "owner", WHOLE, listing(FIRST)))
        assert error.code is RefusalCode.TRANSFORMATION, error.cause
        assert re.search(says, error.cause)
        assert "bad.xslt" in error.cause
        assert "transformation_seconds" in error.cause
        assert net.send("first", COLLECT, item())
        with net.store.transaction() as transaction:
            install(net.network, transaction)
        assert net.send("owner", WHOLE, listing(FIRST)), "the next message is cut as ever"


def test_its_sender_is_not_to_blame(tmp_path: Path) -> None:
    tmp_path.joinpath("bad.xslt").write_text(EXPLODING)
    with setting(tmp_path, transformation_seconds=0.2) as net:
        with net.store.transaction() as transaction:
            install(net.network, transaction, [_cut_by("bad.xslt", version) for version in versions()])
        error = net.refusal(lambda transaction: net.send_in(transaction, "owner", WHOLE, listing(FIRST)))
        assert (error.server_side, "pārtraukta" in str(error.latvian)) == (True, True)


def test_a_process_is_used_again_and_never_one_that_was_stopped(tmp_path: Path) -> None:
    tmp_path.joinpath("cut.xslt").write_text(CUT_STYLESHEET)
    tmp_path.joinpath("bad.xslt").write_text(EXPLODING)
    good, bad = (Transformation(name, WHOLE, (("who", FIRST),)) for name in ("cut.xslt", "bad.xslt"))
    with transformer() as first:
        first.take(listing(FIRST))
        assert first.make(tmp_path / "cut.xslt", good, 10) is not None
    with transformer() as second:
        assert second is first
        second.take(listing(FIRST))
        with pytest.raises(Stopped, match=r"longer than 0\.2 seconds"):
            second.make(tmp_path / "bad.xslt", bad, 0.2)
    with transformer() as third:
        assert third is not first
        third.take(listing(FIRST))
        output = third.make(tmp_path / "cut.xslt", good, 10)
        assert output is not None
        assert b'for="' + FIRST.encode() in output.data


def test_a_process_that_dies_is_told(tmp_path: Path) -> None:
    process = Transformer()
    os.kill(process.pid, 9)
    with pytest.raises(Stopped, match="ended its process"):
        process.take(listing(FIRST))
    assert not process.usable


def test_a_process_ends_with_the_one_that_started_it() -> None:
    program = (
        "import os\nfrom simulator.dit.xslt_process import transformer\n"
        "with transformer() as one:\n    one.take(b'<a/>')\n    print(one.pid, flush=True)\n    os.kill(os.getpid(), 9)"
    )
    done = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, cwd=Path.cwd())
    assert done.returncode == -9
    deadline = time.monotonic() + 20
    while _runs(int(done.stdout)) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not _runs(int(done.stdout))


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_the_bound_is_the_profiles() -> None:
    known = load_profile().limits.transformation_seconds
    assert (known.value, known.provenance.basis) == (10, "assumed")
