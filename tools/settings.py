"""Hold the repository's settings on GitHub to what `.github/settings` says: `make settings REPOSITORY=owner/name`.

    .github/settings/*.json ─┐
                             ├─ plan ─▶ Changes, each with what differs ─ apply ─▶ requests
    GitHub's own answers ────┘

Without --apply nothing is changed, and the exit code is 3 where something differs. What GitHub has beside what is
named here (labels, rulesets, environments) is left alone. Terraform's provider for GitHub would do it too; this needs
no state. The token, in GITHUB_TOKEN, is a fine-grained one of an owner: Administration, Environments, Issues: write.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tools.pull_request.github import API, REPOSITORY, GitHub, GitHubError

ROOT = Path(__file__).resolve().parents[1]
SETTINGS = ROOT / ".github" / "settings"
TOKEN = "GITHUB_TOKEN"  # noqa: S105 - a variable's name
OWNER = "@owner"
NOT_FOUND = 404
MISUSED, DIFFERS = 2, 3


class SettingsError(Exception):
    """The settings cannot be read or written; the message says what to do."""


@dataclass(frozen=True)
class Change:
    """One request that makes a setting as it is to be, and what differs until then."""

    method: str
    path: str
    body: Any
    why: tuple[str, ...]


def main(arguments: Sequence[str] | None = None) -> int:
    """Say what differs, and make it so if that is wished."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repository", required=True, help="owner/name")
    parser.add_argument("--apply", action="store_true", help="make it so")
    chosen = parser.parse_args(arguments)
    try:
        github = _opened(chosen.repository)
        changes = list(plan(github, read_settings(SETTINGS)))
        _tell(changes)
        if not chosen.apply:
            return DIFFERS if changes else 0
        for change in changes:
            github.ask(change.method, change.path, change.body)
            print(f"done     {change.method} {change.path}")
    except (SettingsError, GitHubError) as error:
        print(f"settings: {error}", file=sys.stderr)
        return 1
    return 0


def _opened(repository: str) -> GitHub:
    if not REPOSITORY.fullmatch(repository):
        raise SettingsError(f"{repository!r} is no repository. Write REPOSITORY=owner/name.")
    token = os.environ.get(TOKEN, "")
    if not token:
        raise SettingsError(f"there is no token in {TOKEN}. docs/runbooks/repository.md says how to make one.")
    return GitHub(repository, token, os.environ.get("GITHUB_API_URL", API))


def _tell(changes: Sequence[Change]) -> None:
    for change in changes:
        print(f"{change.method:<6} {change.path}")
        for why in change.why:
            print(f"         {why}")
    print(f"{len(changes)} changes." if changes else "All is as it is to be.")


def read_settings(folder: Path) -> Mapping[str, Any]:
    """Read what is wished, by the names of the files."""
    read = {}
    for file in sorted(folder.glob("*.json")):
        try:
            read[file.stem] = json.loads(file.read_text(encoding="utf-8"))
        except ValueError as error:
            raise SettingsError(f"{file.name} is not JSON: {error}. Mend it.") from error
    missing = {"repository", "actions", "labels", "rulesets", "environments"} - read.keys()
    if missing:
        raise SettingsError(f"{folder} lacks {', '.join(sorted(missing))}. Each is a file of its own.")
    return read


def plan(github: GitHub, wished: Mapping[str, Any]) -> Iterator[Change]:
    """Return what has to be changed, in the order in which it can be."""
    home = f"/repos/{github.repository}"
    yield from _changed("PATCH", home, wished["repository"], _one(github, home))
    for name, part in wished["actions"].items():
        path = f"{home}/actions/permissions" + ("" if name == "permissions" else f"/{name}")
        yield from _changed("PUT", path, part, _one(github, path))
    yield from _labels(github, home, wished["labels"])
    yield from _rulesets(github, home, wished["rulesets"])
    for environment in wished["environments"]:
        yield from _environment(github, home, environment)


def _labels(github: GitHub, home: str, wished: Sequence[Mapping[str, str]]) -> Iterator[Change]:
    found = {one["name"]: one for one in _pages(github, f"{home}/labels")}
    for label in wished:
        if label["name"] not in found:
            yield Change("POST", f"{home}/labels", label, (f"the label {label['name']} is missing",))
        else:
            path = f"{home}/labels/{quote(label['name'], safe='')}"
            yield from _changed("PATCH", path, label, found[label["name"]])


def _rulesets(github: GitHub, home: str, wished: Sequence[Mapping[str, Any]]) -> Iterator[Change]:
    found = {one["name"]: one["id"] for one in _pages(github, f"{home}/rulesets")}
    for ruleset in wished:
        if ruleset["name"] not in found:
            yield Change("POST", f"{home}/rulesets", ruleset, (f"the rules {ruleset['name']!r} are missing",))
        else:
            path = f"{home}/rulesets/{found[ruleset['name']]}"
            yield from _changed("PUT", path, ruleset, _one(github, path))


def _environment(github: GitHub, home: str, wished: Mapping[str, Any]) -> Iterator[Change]:
    path = f"{home}/environments/{quote(wished['name'], safe='')}"
    found = _one(github, path, missing={})
    rules = {rule["type"]: rule for rule in found.get("protection_rules", ())}
    reviewers = [one["reviewer"]["id"] for one in rules.get("required_reviewers", {}).get("reviewers", ())]
    is_so = {
        "wait_timer": rules.get("wait_timer", {}).get("wait_timer", 0),
        "reviewers": [{"type": "User", "id": one} for one in sorted(reviewers)],
        "deployment_branch_policy": found.get("deployment_branch_policy"),
    }
    people = sorted(_user(github, login) for login in wished["reviewers"])
    to_be = {
        "wait_timer": wished["wait_minutes"],
        "reviewers": [{"type": "User", "id": one} for one in people],
        "deployment_branch_policy": {"protected_branches": False, "custom_branch_policies": True},
    }
    yield from _changed("PUT", path, to_be, is_so, about=f"{wished['name']}: ")
    policies = f"{path}/deployment-branch-policies"
    said = _one(github, policies, missing={}) if found else {}
    branches = {one["name"]: one["id"] for one in said.get("branch_policies", ())}
    for branch in sorted(set(wished["branches"]) - branches.keys()):
        yield Change("POST", policies, {"name": branch}, (f"{branch} may not enter {wished['name']}",))
    for branch in sorted(branches.keys() - set(wished["branches"])):
        yield Change("DELETE", f"{policies}/{branches[branch]}", None, (f"{branch} may enter {wished['name']}",))


def _user(github: GitHub, login: str) -> int:
    name = github.repository.partition("/")[0] if login == OWNER else login
    user = _one(github, f"/users/{quote(name, safe='')}")
    if user.get("type") == "Organization":
        raise SettingsError(f"{name} is an organisation. Name people in .github/settings/environments.json.")
    return int(user["id"])


def _changed(method: str, path: str, wished: Any, found: Any, about: str = "") -> Iterator[Change]:  # noqa: ANN401
    why = tuple(f"{about}{one}" for one in differences(wished, found))
    if why:
        yield Change(method, path, wished, why)


def differences(wished: Any, found: Any, name: str = "") -> Iterator[str]:  # noqa: ANN401 - JSON is what it is
    """Return what differs of what is wished; what GitHub says beside it is its own business."""
    if isinstance(wished, Mapping) and isinstance(found, Mapping):
        for key, value in wished.items():
            yield from differences(value, found.get(key), f"{name}.{key}".lstrip("."))
    elif isinstance(wished, list) and isinstance(found, list) and len(wished) == len(found):
        for number, (one, other) in enumerate(zip(sorted(wished, key=_order), sorted(found, key=_order), strict=True)):
            yield from differences(one, other, f"{name}[{number}]")
    elif wished != found:
        yield f"{name or 'it'} is {json.dumps(found)}, and is to be {json.dumps(wished)}"


def _order(value: Any) -> str:  # noqa: ANN401
    """Order what has no order: rules by their type, checks by their context, the rest by what it is."""
    if isinstance(value, Mapping):
        return str(value.get("type", value.get("context", "")))
    return json.dumps(value)


def _one(github: GitHub, path: str, *, missing: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
    try:
        return dict(github.ask("GET", path)[0])
    except GitHubError as error:
        if error.status == NOT_FOUND and missing is not None:
            return missing
        raise


def _pages(github: GitHub, path: str) -> Iterator[Mapping[str, Any]]:
    page = 1
    while found := github.ask("GET", f"{path}?per_page=100&page={page}"):
        yield from found
        page += 1


if __name__ == "__main__":
    sys.exit(main())
