"""Settings of the security: the bundled ones are complete, a user's own are checked value by value."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator.domain.provenance import Basis, Provenance
from simulator.security.settings import load_settings
from simulator.settings import SettingsError


def test_the_bundled_settings_say_how_they_are_known() -> None:
    settings = load_settings()
    assert settings.sts.applies_to.provenance.basis is Basis.DOCUMENTED
    assert settings.call.plain.provenance.source.startswith("the simulator's own")
    assert settings.claims.values["urn:ivis:100001:name.id-viss"].provenance.basis is Basis.ASSUMED
    assert settings.policy.key_type.value == "SymmetricKey"


def test_a_user_s_values_take_the_place_of_the_bundled_ones(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('[claims.values]\n"urn:x" = "{user}"\n[call]\nskew_seconds = 0\nbasis = "documented"\n')
    settings = load_settings(path)
    mine = Provenance(Basis.ASSUMED, "set in mine.toml")
    assert (settings.claims.values["urn:x"].value, settings.claims.values["urn:x"].provenance) == ("{user}", mine)
    assert "urn:ivis:100001:name.id-viss" in settings.claims.values
    assert settings.call.skew_seconds.value == 0
    assert settings.call.skew_seconds.provenance == Provenance(Basis.DOCUMENTED, "set in mine.toml")
    assert settings.call.timestamp_seconds == load_settings().call.timestamp_seconds


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[sts]\nlifetime_seconds = 0", "line 2: sts.lifetime_seconds: found 0; expected a whole number from 1"),
        ("[sts]\nissuer = ''", 'sts.issuer: found ""; expected text in quotation marks that is not empty'),
        ("[sts]\napplies_to = []", "sts.applies_to: found []; expected a list of one or more texts"),
        ("[sts]\napplies_to = [1]", "sts.applies_to[1]: found 1; expected text"),
        ("[sts]\ntoken_type = '3'", 'sts.token_type: found "3"; expected one of "2.0", "1.1"'),
        ("[call]\nskew_seconds = -1", "call.skew_seconds: found -1; expected a whole number from 0"),
        ("[call]\nskew_seconds = true", "call.skew_seconds: found true; expected a whole number from 0"),
        (
            "[claims.values]\n'urn:x' = '{person}'",
            'line 2: claims.values."urn:x": found "{person}"; expected a text in',
        ),
        ("[stss]\n", "line 1: stss: unknown key; known are sts, claims, call, policy, faults, basis, source; did you"),
        ("issuer = 'x'\n", "line 1: issuer: unknown key; known are sts"),
        ("[sts]\nissuer = { value = 'x', basis = 'sure' }", 'sts.issuer.basis: found "sure"; expected one of "docu'),
    ],
)
def test_settings_that_cannot_be(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(SettingsError) as error:
        load_settings(path)
    assert says in str(error.value)
    assert str(error.value).startswith(f"{path}, line ")
