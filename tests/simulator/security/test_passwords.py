"""users.toml: passwords are read again, and a file that cannot be used says what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator.security.keys import MaterialError, open_material


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('"paraugs" = \n', "users.toml, line 1: not TOML: Invalid value"),
        ('"paraugs" = "x"\n"kaimins" = 5\n', "users.toml, line 2: kaimins: found 5; expected text in quotation marks"),
        ('"paraugs" = ""\n', 'users.toml, line 1: paraugs: found ""; expected text in quotation marks'),
    ],
)
def test_passwords_that_cannot_be_read(tmp_path: Path, text: str, says: str) -> None:
    open_material(tmp_path, ["paraugs"])
    (tmp_path / "users.toml").write_text(text, encoding="utf-8")
    with pytest.raises(MaterialError) as caught:
        open_material(tmp_path, ["paraugs"])
    assert says in str(caught.value)
    assert str(caught.value).endswith("correct it, or delete it and new passwords are made")


def test_a_password_is_kept_and_a_new_user_gets_one(tmp_path: Path) -> None:
    first = open_material(tmp_path, ["paraugs"]).passwords
    again = open_material(tmp_path, ["paraugs", 'with "quotes"']).passwords
    assert again["paraugs"] == first["paraugs"]
    assert open_material(tmp_path, []).passwords == again
