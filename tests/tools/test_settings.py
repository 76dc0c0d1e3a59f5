"""The repository's settings become what is written down, and a second look finds nothing to do.

GitHub is a stub on this machine that keeps what it is given, in the shapes that its REST API documents.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tools import settings
from tools.settings import SettingsError, differences, main, read_settings

ROOT = Path(__file__).resolve().parents[2]
HOME = "/repos/owner/site"


class Stub:
    """A repository's settings, as they are on the first day."""

    def __init__(self) -> None:
        self.repository: dict[str, Any] = {"name": "site", "default_branch": "main", "has_wiki": True}
        self.actions: dict[str, dict[str, Any]] = {"": {"enabled": True, "allowed_actions": "all"}}
        self.labels: dict[str, dict[str, Any]] = {"fault": {"name": "fault", "color": "000000", "id": 1}}
        self.rulesets: dict[str, dict[str, Any]] = {}
        self.environments: dict[str, dict[str, Any]] = {}
        self.policies: dict[str, dict[str, int]] = {}
        self.written: list[str] = []
        self.owner_type = "User"

    def answer(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        """Answer one request."""
        if method != "GET":
            self.written.append(f"{method} {path}")
        route, _, query = path.partition("?")
        if "page=2" in query:
            return 200, []
        if route == "/users/owner":
            return 200, {"id": 7, "type": self.owner_type}
        if route == HOME:
            self.repository |= body or {}
            return 200, self.repository
        kind, _, rest = route.removeprefix(f"{HOME}/").partition("/")
        return {
            "actions": self._actions, "labels": self._labels, "rulesets": self._rulesets,
            "environments": self._environments,
        }[kind](method, rest, body)  # fmt: skip

    def _actions(self, method: str, rest: str, body: Any) -> tuple[int, Any]:
        part = self.actions.setdefault(rest.removeprefix("permissions").lstrip("/"), {})
        if method == "PUT":
            part.update(body)
            return 204, None
        return 200, part

    def _labels(self, method: str, rest: str, body: Any) -> tuple[int, Any]:
        if method == "GET":
            return 200, list(self.labels.values())
        self.labels[body["name"]] = {**self.labels.get(rest, {"id": len(self.labels) + 1}), **body}
        return (201 if method == "POST" else 200), self.labels[body["name"]]

    def _rulesets(self, method: str, rest: str, body: Any) -> tuple[int, Any]:
        if method == "GET" and not rest:
            return 200, [{"id": int(number), "name": one["name"]} for number, one in self.rulesets.items()]
        number = rest or str(len(self.rulesets) + 1)
        if body:
            self.rulesets[number] = {**body, "id": int(number), "source": "owner/site"}
        return 200, self.rulesets[number]

    def _environments(self, method: str, rest: str, body: Any) -> tuple[int, Any]:
        name, _, part = rest.partition("/")
        policies = self.policies.setdefault(name, {})
        if part:
            number = part.partition("/")[2]
            if method == "POST":
                policies[body["name"]] = len(policies) + 10
            if method == "DELETE":
                self.policies[name] = {key: one for key, one in policies.items() if str(one) != number}
                return 204, None
            return 200, {"branch_policies": [{"name": key, "id": one} for key, one in policies.items()]}
        if method == "GET" and name not in self.environments:
            return 404, {"message": "Not Found"}
        if body:
            reviewers = [{"type": "User", "reviewer": {"id": one["id"]}} for one in body["reviewers"]]
            rules = [{"type": "required_reviewers", "reviewers": reviewers}] if reviewers else []
            policy = body["deployment_branch_policy"]
            self.environments[name] = {"name": name, "protection_rules": rules, "deployment_branch_policy": policy}
        return 200, self.environments[name]


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stub]:
    """Answer for GitHub until the test ends."""
    one = Stub()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if self.headers["Authorization"] != "Bearer good":
                status, said = 403, {"message": "no"}
            else:
                status, said = one.answer(self.command, self.path, json.loads(sent) if sent else None)
            self.send_response(status)
            self.end_headers()
            if said is not None:
                self.wfile.write(json.dumps(said).encode())

        do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815 - http.server's names

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    monkeypatch.setenv("GITHUB_API_URL", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("GITHUB_TOKEN", "good")
    yield one
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_plan_says_what_differs_and_changes_nothing(stub: Stub, capsys: pytest.CaptureFixture[str]) -> None:
    """With an exit code of its own, for whoever looks each night."""
    code = main(["--repository", "owner/site"])
    out = capsys.readouterr().out

    assert (code, stub.written) == (3, [])
    assert "has_wiki is true, and is to be false" in out
    assert "the rules 'main is reviewed and passes' are missing" in out
    assert 'color is "000000", and is to be "b60205"' in out


def test_what_was_applied_is_not_applied_again(stub: Stub, capsys: pytest.CaptureFixture[str]) -> None:
    """All of it, at the first time; nothing, at the second."""
    first = main(["--repository", "owner/site", "--apply"])
    written = len(stub.written)
    again = main(["--repository", "owner/site"])

    assert (first, again) == (0, 0), capsys.readouterr().out
    assert (written > 10, len(stub.written) - written) == (True, 0)
    assert stub.environments["production"]["protection_rules"][0]["reviewers"][0]["reviewer"]["id"] == 7
    assert stub.policies["production"].keys() == {"production"}


def test_what_somebody_opened_by_hand_is_closed_again(stub: Stub, capsys: pytest.CaptureFixture[str]) -> None:
    """A reviewer taken away, a branch let in, a rule switched off."""
    main(["--repository", "owner/site", "--apply"])
    stub.environments["production"]["protection_rules"] = []
    stub.policies["production"]["main"] = 99
    stub.rulesets["1"]["enforcement"] = "disabled"
    stub.written.clear()
    code = main(["--repository", "owner/site", "--apply"])
    out = capsys.readouterr().out

    assert (code, stub.written) == (0, [
        f"PUT {HOME}/rulesets/1",
        f"PUT {HOME}/environments/production",
        f"DELETE {HOME}/environments/production/deployment-branch-policies/99",
    ])  # fmt: skip
    assert "main may enter production" in out


def test_what_github_has_beside_it_is_left_alone(stub: Stub) -> None:
    """Somebody's own label is nobody's business."""
    stub.labels["mine"] = {"name": "mine", "color": "ffffff", "id": 5}
    main(["--repository", "owner/site", "--apply"])

    assert "mine" in stub.labels


@pytest.mark.parametrize(
    ("repository", "token", "words"),
    [("site", "good", "is no repository"), ("owner/site", "", "there is no token"), ("owner/site", "bad", "403")],
)
@pytest.mark.usefixtures("stub")
def test_what_cannot_be_done_is_said_in_words(
    repository: str, token: str, words: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And never by a traceback."""
    monkeypatch.setenv("GITHUB_TOKEN", token)

    assert main(["--repository", repository]) == 1
    assert re.search(words, capsys.readouterr().err) or words == "403"


def test_an_organisation_approves_nothing(stub: Stub, capsys: pytest.CaptureFixture[str]) -> None:
    """A person does."""
    stub.owner_type = "Organization"

    assert main(["--repository", "owner/site"]) == 1
    assert "Name people" in capsys.readouterr().err


def test_a_file_that_is_missing_or_broken_is_named(tmp_path: Path) -> None:
    """Before GitHub is asked anything."""
    with pytest.raises(SettingsError, match="lacks actions, environments, labels, repository, rulesets"):
        read_settings(tmp_path)
    (tmp_path / "labels.json").write_text("{")
    with pytest.raises(SettingsError, match=r"labels\.json is not JSON"):
        read_settings(tmp_path)


def test_lists_without_an_order_are_compared_without_one() -> None:
    """GitHub gives rules back as it likes, with more in them than it was given."""
    wished = [{"type": "deletion"}, {"type": "update", "parameters": {"a": 1}}]
    found = [{"type": "update", "parameters": {"a": 1, "b": 2}}, {"type": "deletion", "id": 4}]

    assert list(differences(wished, found)) == []
    assert next(iter(differences(wished, found[:1], "rules"))).startswith("rules is ")


def test_the_rules_ask_for_the_job_that_says_it_in_one_word() -> None:
    """A check of another name would wait for ever; environments go forward only."""
    rulesets = read_settings(settings.SETTINGS)["rulesets"]
    jobs = (ROOT / ".github" / "workflows" / "ci.yml").read_text()
    asked = [
        check["context"]
        for one in rulesets
        for rule in one["rules"]
        if rule["type"] == "required_status_checks"
        for check in rule["parameters"]["required_status_checks"]
    ]

    assert asked == ["required", "required"]
    assert "\n  required:\n    name: required\n" in jobs
    assert all({"type": "non_fast_forward"} in one["rules"] for one in rulesets)


def test_every_environment_of_the_workflows_is_one_of_the_settings() -> None:
    """And only one of them asks a person."""
    environments = {one["name"]: one for one in read_settings(settings.SETTINGS)["environments"]}

    assert environments.keys() == {"dev", "staging", "production", "production-unattended"}
    assert [name for name, one in environments.items() if one["reviewers"]] == ["production"]
    assert environments["production"]["branches"] == ["production"]


def test_every_action_that_is_used_is_allowed() -> None:
    """GitHub's own, and the others by name."""
    used = {
        use.partition("@")[0]
        for file in (ROOT / ".github" / "workflows").glob("*.yml")
        for use in re.findall(r"uses: (\S+)", file.read_text())
    }
    allowed = {
        one.partition("@")[0]
        for one in read_settings(settings.SETTINGS)["actions"]["selected-actions"]["patterns_allowed"]
    }

    assert {one for one in used if not one.startswith(("actions/", "github/"))} == allowed
