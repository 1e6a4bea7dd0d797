from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from conformance.requirements import catalogue
from conformance.requirements.catalogue import CatalogueError, load


def test_the_bundled_catalogue_is_read_once() -> None:
    assert load() is load()


def test_the_catalogue_of_a_folder_is_read_each_time(tmp_path: Path) -> None:
    for path in Path(catalogue.__file__).parent.glob("*.toml"):
        shutil.copy(path, tmp_path)
    assert load(tmp_path) == load()
    (tmp_path / "pay.toml").unlink()
    with pytest.raises(CatalogueError, match="the file of chapter PAY is missing"):
        load(tmp_path)
