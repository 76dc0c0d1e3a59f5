"""What Terraform says of the API is what it is: its ways in, its figures and events, and what to do about alarms."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest
from chalicelib.observe import MEASURES

from tools import package_api

ROOT = Path(__file__).resolve().parents[2]
MODULES = ROOT / "infra" / "modules"
API, WATCH, SCHEDULE = MODULES / "api", MODULES / "watch", MODULES / "schedule"
INCIDENT = ROOT / "docs" / "runbooks" / "incident.md"
CHALICE = json.loads((ROOT / "api" / ".chalice" / "config.json").read_text())


def text(*folders: Path) -> str:
    """Return what a module's files say."""
    return "\n".join(file.read_text() for folder in folders for file in sorted(folder.glob("*.tf")))


def own_figures() -> set[str]:
    """Return the figures of our own that alarms and the dashboard ask for."""
    alarms = re.findall(r'from\s*=\s*local\.own,\s*metric\s*=\s*"(\w+)"', text(WATCH))
    shown = re.findall(r'\[local\.own, "(\w+)"\]', text(WATCH))
    rollback = re.findall(r'namespace\s*=\s*local\.name\s+metric\s*=\s*"(\w+)"', text(API))
    assert alarms, "the pattern finds no alarm"
    assert shown, "the pattern finds nothing on the dashboard"
    assert rollback, "the pattern finds no alarm that takes a shift back"
    return {*alarms, *shown, *rollback}


def alarm_names() -> set[str]:
    """Return the names of all alarms, without the environment's."""
    tables = [(folder / "alarms.tf").read_text() for folder in (WATCH, SCHEDULE)]
    watched = re.findall(r"^    ([a-z-]+) = \{$", "\n".join(tables), re.MULTILINE)
    rollback = re.findall(r"^    (\w+) = \{$", (API / "shift.tf").read_text(), re.MULTILINE)
    return {*watched, *(f"rollback-{name}" for name in rollback)}


def names_made(file: Path) -> set[str]:
    """Return what a module makes at its top: importing it would ask for a database."""
    body = ast.parse(file.read_text()).body
    assigned = {
        target.id
        for node in body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    return assigned | {node.name for node in body if isinstance(node, ast.FunctionDef)}


def test_every_figure_that_is_asked_for_is_written_and_the_other_way_round() -> None:
    """An alarm on a figure that nobody writes is silent for ever; a figure that nobody looks at costs money."""
    written = {measure.name for measures in MEASURES.values() for measure in measures}

    assert own_figures() == written


def test_every_event_that_counts_is_told_somewhere() -> None:
    """In the API's own code, under that name."""
    sources = "\n".join(file.read_text() for file in (ROOT / "api").rglob("*.py"))

    assert [event for event in MEASURES if not re.search(rf'tell\(\s*"{event}"', sources)] == []


def test_the_saved_queries_ask_for_events_that_are_told() -> None:
    """An event that was renamed would leave a query that finds nothing."""
    queries = (WATCH / "queries.tf").read_text()
    groups = re.findall(r'event (?:= ("\w+")|in \[(.*?)\])', queries)
    asked = {name for one, several in groups for name in re.findall(r'"(\w+)"', one or several)}
    sources = "\n".join(file.read_text() for file in (ROOT / "api").rglob("*.py"))
    told = {*re.findall(r'tell\(\s*"(\w+)"', sources), *re.findall(r'event\s*=\s*"(\w+)"', text(API))}

    assert "request" in asked
    assert asked - told == set()


def test_whoever_is_woken_finds_what_to_do() -> None:
    """Each alarm has its line in the runbook, and no line is about an alarm that is no more."""
    rows = re.findall(r"^\| `([a-z-]+)` \|", INCIDENT.read_text(), re.MULTILINE)

    assert len(rows) == len(set(rows))
    assert set(rows) == alarm_names()


def test_the_functions_ways_in_are_there_and_in_the_package() -> None:
    """A handler that is not there fails at the first request, and not before."""
    handlers = re.findall(r'handler\s*=\s*"(\w+)\.(\w+)"', text(API, WATCH))

    assert {module for module, _ in handlers} == {name.removesuffix(".py") for name in package_api.ENTRIES}
    assert [one for one in handlers if one[1] not in names_made(ROOT / "api" / f"{one[0]}.py")] == []


def test_the_functions_are_of_the_kind_that_the_package_is_made_for() -> None:
    """Its driver is compiled for one Python and one processor."""
    runtimes = set(re.findall(r'runtime\s*=\s*"(.+?)"', text(API, WATCH)))

    assert runtimes == {f"python{package_api.PYTHON}"}
    assert CHALICE["lambda_architecture"] in package_api.PLATFORMS
    assert set(re.findall(r'architectures\s*=\s*\["(.+?)"\]', text(WATCH))) == {CHALICE["lambda_architecture"]}


def test_chalices_stages_are_the_environments() -> None:
    """Terraform reads each stage's name and tracing from Chalice's file; what is not in there is no stage."""
    (listed,) = re.findall(r"contains\((\[.*?\]), var\.environment\)", (API / "variables.tf").read_text())

    assert list(CHALICE["stages"]) == json.loads(listed)
    assert all(set(stage) <= {"api_gateway_stage", "xray"} for stage in CHALICE["stages"].values())


@pytest.mark.parametrize("key", ["lambda_memory_size", "lambda_timeout", "lambda_architecture", "lambda_functions"])
def test_what_chalices_file_says_terraform_does_not_say_again(key: str) -> None:
    """There is one place for each."""
    assert f"local.chalice.{key}" in (API / "functions.tf").read_text()
