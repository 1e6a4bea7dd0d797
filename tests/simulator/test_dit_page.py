"""docs/reference/rights.md: its world tables are read, its admin calls are understood."""

from __future__ import annotations

import json
import re
from datetime import datetime
from pathlib import Path

from werkzeug.test import Client

from simulator.documents.profile import load_profile
from simulator.domain.clock import RIGA, Clock
from simulator.http.admin import AdminApplication
from simulator.http.simulation import Simulation
from simulator.settings.files import data_root
from simulator.world.file import load_world

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "rights.md").read_text(encoding="utf-8")


def test_the_rights_of_the_page_are_a_worlds(tmp_path: Path) -> None:
    town = (data_root("fixtures") / "worlds" / "town.toml").read_text(encoding="utf-8")
    first, second = re.findall(r"\[\[rights\]\].*?(?=\n\n|\n```)", PAGE, re.DOTALL)
    for tables in (first, second):
        path = tmp_path / "world.toml"
        path.write_text(f"{town}\n{tables}\n", encoding="utf-8")
        (right,) = load_world(path).rights
        assert right.user == "paraugs"


def test_the_admin_calls_of_the_page_are_understood(tmp_path: Path) -> None:
    clock = Clock.frozen(datetime(2026, 3, 2, 8, tzinfo=RIGA))
    simulation = Simulation.open(world=load_world("town"), profile=load_profile(), clock=clock, directory=tmp_path)
    client = Client(AdminApplication(lambda: simulation))
    try:
        calls = re.findall(
            r"^curl -s '?http://127\.0\.0\.1:8080(/admin/\S+?)'?(?: -H .* -d '(.*)')?$", PAGE, re.MULTILINE
        )
        assert len(calls) >= 4
        for path, body in calls:
            answer = client.post(path, json=json.loads(body)) if body else client.get(path)
            assert answer.status_code == 200, (path, answer.json)
    finally:
        simulation.close()
