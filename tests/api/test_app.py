"""The routes, as a browser and a program meet them."""

from __future__ import annotations

import base64
import email
import json
import os
import re
import signal
import subprocess
import sys
import time
import uuid
from email import policy
from email.message import EmailMessage
from importlib.metadata import packages_distributions
from pathlib import Path
from types import SimpleNamespace
from typing import Any, get_type_hints
from urllib.parse import urlencode, urlsplit

import app
import jsonschema
import psycopg
import pytest
import yaml
from chalicelib.calls import Call
from chalicelib.replies import Reply
from chalicelib.routes import ROUTES, handler_of
from openapi_spec_validator import validate

from tests.api.conftest import API, ENVIRONMENT, Line, Server, as_api, running_server
from tools.runtime_api import http_event

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
GOOD = {"name": "Ada", "email": "ada@example.org", "message": "Hello"}
# The function with every handler: each is loaded when it is first asked for.
EVERYTHING = "import app; from chalicelib.routes import ROUTES, handler_of; [handler_of(one.handler) for one in ROUTES]"
CONTRACT: dict[str, Any] = yaml.safe_load((API / "openapi.yaml").read_text())


def count(database: str) -> int:
    """Count the messages that are kept."""
    with psycopg.connect(database) as connection:
        row = connection.execute("SELECT count(*) FROM contact_messages").fetchone()
    return int(row[0]) if row else 0


def test_the_contract_is_valid() -> None:
    """By the standard's own rules."""
    validate(CONTRACT)


def test_the_contract_and_the_routes_are_the_same() -> None:
    """Nothing is served that is not written down, and nothing is written down that is not served."""
    written = {
        (path, method.upper()) for path, item in CONTRACT["paths"].items() for method in item if method != "parameters"
    }

    assert {(route.path, route.method) for route in ROUTES} == written


def test_every_address_has_a_function_that_answers_a_call() -> None:
    """They are named in the table, and a name is checked by nobody before somebody asks."""
    types = {route.handler: get_type_hints(handler_of(route.handler)) for route in ROUTES}

    assert {name: set(found.values()) for name, found in types.items()} == {name: {Call, Reply} for name in types}


def test_a_cold_start_loads_what_keeps_a_message_and_no_other_handler() -> None:
    """Each module is paid for at every cold start; what must not wait is loaded before the first request."""
    words = "import sys, app; print(' '.join(sys.modules))"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    done = subprocess.run([sys.executable, "-c", words], cwd=API, capture_output=True, text=True, check=True, env=kept)
    handlers = {f"chalicelib.{route.handler.rpartition('.')[0]}" for route in ROUTES}

    # Sessions and keys are looked at before every handler.
    needed = {"chalicelib.contact.handling", "chalicelib.accounts.sessions", "chalicelib.accounts.keys"}
    assert handlers & set(done.stdout.split()) == needed


def test_the_function_imports_what_is_on_its_list_and_nothing_else(project_root: Path) -> None:
    """Each module is paid for at every cold start: boto3 alone would double it."""
    words = f"import sys; before = set(sys.modules); {EVERYTHING}; print(' '.join(set(sys.modules) - before))"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    done = subprocess.run([sys.executable, "-c", words], cwd=API, capture_output=True, text=True, check=True, env=kept)
    names = set(done.stdout.split())
    imported = {name.partition(".")[0] for name in names if not name.startswith("_")}
    allowed = json.loads((project_root / "tests" / "contracts" / "api_imports.json").read_text())["allowed"]

    assert imported - set(allowed) == set()
    # Parts of packages that are on the list, and dear all the same.
    assert names & {"urllib.request", "http.client", "chalicelib.outbox.mails", "chalicelib.aws"} == set()


def test_the_function_needs_nothing_but_its_own_lock(project_root: Path) -> None:
    """It is packaged alone, from that lock: what it imports must be in there."""
    words = f"import sys; {EVERYTHING}; print(' '.join({{name.partition('.')[0] for name in sys.modules}}))"
    # Without what measures the coverage of child processes: it would be found in there.
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    done = subprocess.run([sys.executable, "-c", words], cwd=API, capture_output=True, text=True, check=True, env=kept)
    owners = packages_distributions()
    imported = {owner.lower().replace("_", "-") for name in done.stdout.split() for owner in owners.get(name, ())}
    lock = (project_root / "requirements" / "api.txt").read_text()

    assert {"chalice", "psycopg"} <= imported
    assert sorted(name for name in imported if not re.search(rf"^{name}==", lock, re.MULTILINE)) == []


@pytest.mark.parametrize(
    "event", [{}, {"source": "a ping that keeps functions warm"}, {"requestContext": {"http": {}}}]
)
def test_an_event_that_is_no_request_has_an_answer(event: dict[str, Any]) -> None:
    """There is nothing at no address; a crash would be an alarm."""
    assert app.app(event, None)["statusCode"] == 404


def test_a_body_that_was_packed_for_the_way_is_unpacked() -> None:
    """As API Gateway packs what it takes for binary."""
    event = http_event("POST", "/api/contact", base64.b64encode(b'{"name": "Ada"}').decode(), {"Content-Type": JSON})
    answer = app.app({**event, "isBase64Encoded": True}, None)

    assert sorted(json.loads(answer["body"])["error"]["fields"]) == ["email", "message"]


def test_an_answer_is_known_by_the_name_of_its_request() -> None:
    """Lambda's own, so that a visitor's complaint leads to the line in its log."""
    context = SimpleNamespace(aws_request_id="this-request")

    assert app.app(http_event("GET", "/api/health"), context)["headers"]["X-Request-Id"] == "this-request"


def test_what_an_answer_has_several_of_is_sent_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two cookies in one header would be one with a strange value."""
    monkeypatch.setattr(app, "answer", lambda *_: Reply(200, "", cookies=("a=1", "b=2")))
    answer = app.app(http_event("GET", "/api/health"), None)

    assert answer["multiValueHeaders"] == {"Set-Cookie": ["a=1", "b=2"]}
    assert "Set-Cookie" not in answer["headers"]


@pytest.mark.integration
def test_the_contracts_examples_are_answered_as_it_says(server: Server) -> None:
    """What is written down can be sent, and what comes back is what is written down."""
    contact = CONTRACT["paths"]["/api/contact"]["post"]
    content = contact["requestBody"]["content"]
    answer = server.ask("POST", "/api/contact", json.dumps(content[JSON]["example"]).encode(), JSON)
    form = server.ask("POST", "/api/contact", urlencode(content[FORM]["example"]).encode(), FORM)
    schema = {**CONTRACT, "$ref": "#/components/schemas/Received"}
    jsonschema.validate(json.loads(answer.text), schema)

    assert (answer.status, form.status) == (201, 303)


@pytest.mark.integration
def test_health_asks_nobody(server: Server) -> None:
    """It says that the function runs."""
    answer = server.ask("GET", "/api/health")

    assert (answer.status, json.loads(answer.text)) == (200, {"status": "ok"})


@pytest.mark.integration
def test_a_form_becomes_a_row(server: Server, database: str) -> None:
    """Without any JavaScript."""
    answer = server.ask("POST", "/api/contact", urlencode(GOOD).encode(), FORM)

    assert (answer.status, answer.headers["Location"]) == (303, "/contact/thank-you/")
    assert count(database) == 1


@pytest.mark.integration
def test_a_retry_is_no_second_message(server: Server, database: str) -> None:
    """The key says that it is the same."""
    body = json.dumps({**GOOD, "key": str(uuid.uuid4())}).encode()
    statuses = [server.ask("POST", "/api/contact", body, JSON).status for _ in range(3)]

    assert statuses == [201, 200, 200]
    assert count(database) == 1


@pytest.mark.integration
@pytest.mark.parametrize(
    ("method", "path", "body", "content_type", "status", "code"),
    [
        ("POST", "/api/contact", b"{}", JSON, 422, "invalid"),
        ("POST", "/api/contact", b"{", JSON, 400, "unreadable"),
        ("POST", "/api/contact", b"\xff", JSON, 400, "unreadable"),
        ("POST", "/api/contact", b"[" * 60000, JSON, 400, "unreadable"),
        ("POST", "/api/contact", b'{"name": "' + b"x" * 70000 + b'"}', JSON, 413, "too_large"),
        ("POST", "/api/contact", b"x", "multipart/form-data; boundary=x", 415, "unsupported_media_type"),
        ("POST", "/api/contact", b"x", "text/plain", 415, "unsupported_media_type"),
        ("GET", "/api/contact", None, "", 405, "method_not_allowed"),
        ("TRACE", "/api/contact", None, "", 405, "method_not_allowed"),
        ("DELETE", "/api/contact", None, "", 405, "method_not_allowed"),
        ("GET", "/api/nothing", None, "", 404, "not_found"),
    ],
)
def test_what_cannot_be_served_is_said_in_one_shape(
    server: Server, method: str, path: str, body: bytes | None, content_type: str, status: int, code: str
) -> None:
    """A clear error of the sender's, never a 500."""
    answer = server.ask(method, path, body, content_type)
    told = json.loads(answer.text)
    jsonschema.validate(told, {**CONTRACT, "$ref": "#/components/schemas/Error"})

    assert (answer.status, told["error"]["code"]) == (status, code)


@pytest.mark.integration
def test_every_answer_keeps_to_itself(server: Server) -> None:
    """No cache keeps it, no page frames it, and it can be found in the log."""
    answer = server.ask("POST", "/api/contact", b"{}", JSON)

    assert answer.headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Request-Id"] in server.log.read_text()


@pytest.mark.integration
def test_the_log_holds_no_word_of_a_message(server: Server) -> None:
    """One line for each request; who wrote what is in the database only."""
    private = {"name": "Zenobia", "email": "zenobia@private.example", "message": "a confidence"}
    server.ask("POST", "/api/contact", urlencode(private).encode(), FORM)
    server.ask("POST", "/api/contact", urlencode({**private, "email": "zenobia"}).encode(), FORM)
    lines = [json.loads(line) for line in server.log.read_text().splitlines()]
    requests = [(line["route"], line["status"]) for line in lines if line["event"] == "request"]

    assert requests == [("/api/contact", 303), ("/api/contact", 422)]
    assert [word for word in ("enobia", "confidence") if word in server.log.read_text()] == []


@pytest.mark.integration
def test_the_log_holds_no_secret(server: Server, database: str, tmp_path: Path) -> None:
    """Neither ours nor a member's: not the signing secret, the password, the link, the cookie, the address."""
    server.ask("POST", "/api/session/mail", b"email=zenobia%40private.example", FORM)
    link = re.search(r"https://\S+(/api/session/link\S+)", wait_for_mail(tmp_path / "mail").get_content())
    assert link is not None
    signed_in = server.ask("POST", link[1], b"", FORM, Sec_Fetch_Site="same-origin")
    cookie = signed_in.headers["Set-Cookie"].partition(";")[0]
    me = server.ask("GET", "/api/me", Cookie=cookie)
    server.ask("GET", "/api/inbox", Authorization="Bearer zk_" + "a" * 32 + "_" + "b" * 43)
    password = urlsplit(database).password or ""
    secrets = [link[1].partition("=")[2], cookie.partition("=")[2], password, ENVIRONMENT["SIGNING_SECRET"], "b" * 43]
    log = server.log.read_text()

    assert (signed_in.status, me.status, json.loads(me.text)["email"]) == (303, 200, "zenobia@private.example")
    assert [secret for secret in (*secrets, "zenobia") if secret in log] == []


@pytest.mark.integration
def test_a_database_that_goes_away_costs_nobody_their_text(
    database: str, database_over_line: str, line: Line, tmp_path: Path
) -> None:
    """Where there is no queue either the visitor is told and keeps the text; when it is back, all goes on."""
    body = urlencode(GOOD).encode()
    with running_server(database_over_line, tmp_path, QUEUE_FOLDER="/dev/null/nowhere") as server:
        before = server.ask("POST", "/api/contact", body, FORM)
        line.cut()
        away = server.ask("POST", "/api/contact", body, FORM)
        line.restore()
        after = server.ask("POST", "/api/contact", body, FORM)

    assert (before.status, away.status, after.status) == (303, 503, 303)
    assert "Hello" in away.text
    assert away.headers["Retry-After"] == "60"
    assert count(database) == 2


@pytest.mark.integration
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells whose child a process is")
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_the_worker_ends_with_the_server_however_that_ends(database: str, tmp_path: Path, how: signal.Signals) -> None:
    """It is a process of its own, as in Lambda, and nobody's when the server is gone."""
    with subprocess.Popen(
        [sys.executable, "serve.py", "--port", "0", "--local", str(tmp_path)],
        cwd=API,
        env={**os.environ, "DATABASE_URL": as_api(database)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as server:
        assert server.stdout
        server.stdout.readline()
        deadline = time.monotonic() + 20
        children = Path(f"/proc/{server.pid}/task/{server.pid}/children")
        while not (workers := children.read_text().split()) and time.monotonic() < deadline:
            time.sleep(0.02)
        server.send_signal(how)
        # The worker holds what the server said in its hands too, until it ends.
        rest = server.stdout.read()

    assert (rest, len(workers)) == ("", 1)


def test_a_missing_setting_is_named_without_a_traceback() -> None:
    """Whoever starts the server by hand learns which variable to set."""
    done = subprocess.run(
        [sys.executable, "serve.py"], cwd=API, env={"PATH": ""}, capture_output=True, text=True, check=False
    )

    assert (done.returncode, "DATABASE_URL is not set" in done.stderr) == (1, True)
    assert "Traceback" not in done.stderr


@pytest.mark.integration
def test_a_method_that_comes_by_itself_is_answered(server: Server) -> None:
    """HEAD as GET without its body; OPTIONS with what there is."""
    head, options = server.ask("HEAD", "/api/health"), server.ask("OPTIONS", "/api/contact")

    assert (head.status, head.text, head.headers["Content-Type"]) == (200, "", "application/json")
    assert (options.status, options.headers["Allow"]) == (204, "OPTIONS, POST")


@pytest.mark.integration
def test_ready_says_which_part_is_away(database_over_line: str, line: Line, tmp_path: Path) -> None:
    """Alive and ready are two questions."""
    with running_server(database_over_line, tmp_path) as server:
        before = server.ask("GET", "/api/ready")
        line.cut()
        away, alive = server.ask("GET", "/api/ready"), server.ask("GET", "/api/health")

    assert json.loads(before.text) == {"ready": True, "database": "ok", "queue": "ok"}
    assert (away.status, json.loads(away.text)["database"], alive.status) == (503, "away", 200)


@pytest.mark.integration
def test_the_version_is_the_releases_the_commits_and_the_schemas(database: str, tmp_path: Path) -> None:
    """What a deploy compares with what it meant to deploy."""
    with running_server(database, tmp_path, RELEASE="r1", COMMIT="c1") as server:
        told = json.loads(server.ask("GET", "/api/version").text)

    assert (told["release"], told["commit"]) == ("r1", "c1")
    assert told["migration"] == max(path.name for path in (API / "migrations").glob("*.sql"))


@pytest.mark.integration
def test_the_owner_has_mail_of_a_message(server: Server, tmp_path: Path) -> None:
    """The local worker delivers it into the maildir."""
    server.ask("POST", "/api/contact", urlencode(GOOD).encode(), FORM)
    mail = wait_for_mail(tmp_path / "mail")

    assert (mail["To"], mail["Reply-To"], mail.get_content().splitlines()[0]) == (
        "owner@zichkoding.example",
        "ada@example.org",
        "Hello",
    )


def wait_for_mail(folder: Path) -> EmailMessage:
    """Return the first mail of a maildir, as soon as it is there."""
    deadline = time.monotonic() + 30
    while not (found := sorted(folder.glob("new/*"))) and time.monotonic() < deadline:
        time.sleep(0.05)
    return email.message_from_bytes(found[0].read_bytes(), policy=policy.default)
