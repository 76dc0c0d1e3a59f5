"""Before the first smoke test it is known whether they can be run, and said in words where they cannot."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tools import smoke
from tools.smoke import CannotRunError, Wanted, check_browsers, check_url, look_before, pytest_command, reach

GOOD_KEY = f"zk_{'0' * 32}_{'A' * 43}"


@dataclass
class Stub:
    """A site of which each path has a status; what has none is not there."""

    answers: dict[str, int] = field(default_factory=lambda: {"/": 200, "/api/health": 200})
    headers: Mapping[str, str] = field(default_factory=lambda: {smoke.RELEASE_HEADER: "abc"})
    # Answers that come before any other: no release, or that of an edge that has not heard yet.
    late: list[Mapping[str, str]] = field(default_factory=list)
    url: str = ""
    seen: list[tuple[str, str, str]] = field(default_factory=list)


@pytest.fixture
def stub() -> Iterator[Stub]:
    """Run a site that answers as a test wants it to."""
    site = Stub()
    with serving(site):
        yield site


@contextmanager
def serving(site: Stub) -> Iterator[None]:
    """Answer for a stub until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            path = self.path.partition("?")[0]
            site.seen.append((self.command, path, self.headers.get("Host", "")))
            self.send_response(site.answers.get(path, 404))
            for name, value in (site.late.pop(0) if site.late else site.headers).items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_POST = do_GET  # noqa: N815 - http.server's name

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    site.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "No URL was given"),
        ("  ", "No URL was given"),
        ("staging.example", "no address of a site"),
        ("ftp://staging.example", "no address of a site"),
        ("https://", "no address of a site"),
        ("https://staging.example:x", "no address of a site"),
        ("https://[staging", "no address of a site"),
        ("https://staging.example/blog/", "Give https://staging.example alone"),
        ("https://a:b@staging.example", "more than a site"),
    ],
)
def test_an_address_that_is_none_is_refused_in_words(text: str, words: str) -> None:
    """An empty one above all: a pipeline whose variable is empty must not test something else and pass."""
    with pytest.raises(CannotRunError, match=words):
        check_url(text)


def test_an_address_is_its_scheme_and_host() -> None:
    """With or without a slash."""
    assert check_url(" https://staging.example:8443/ ") == "https://staging.example:8443"


@pytest.mark.parametrize(
    ("text", "names"),
    [("all", smoke.BROWSERS), ("chromium", ("chromium",)), ("chromium, webkit", ("chromium", "webkit"))],
)
def test_browsers_are_named_by_one_option(text: str, names: tuple[str, ...]) -> None:
    """One, some or all."""
    assert check_browsers(text) == names


@pytest.mark.parametrize("text", ["opera", "chromium,opera", ""])
def test_a_browser_that_nobody_knows_is_refused(text: str) -> None:
    """And those that there are are listed."""
    with pytest.raises(CannotRunError, match="There are chromium, firefox, webkit"):
        check_browsers(text)


def test_a_name_below_localhost_is_asked_for_on_this_machine() -> None:
    """As browsers do; all other names are left as they are."""
    assert reach("http://pr-1.preview.localhost:81") == ("http://127.0.0.1:81", {"Host": "pr-1.preview.localhost:81"})
    assert reach("https://localhost.example") == ("https://localhost.example", {})


def test_a_preview_is_asked_by_its_name(stub: Stub) -> None:
    """Its host is what the edge goes by."""
    preview = stub.url.replace("127.0.0.1", "pr-1.preview.localhost")
    look_before(Wanted(preview))

    assert stub.seen[0] == ("GET", "/", preview.removeprefix("http://"))


def test_a_site_that_does_not_answer_is_said_to() -> None:
    """With what the system says of it."""
    gone = Stub()
    with serving(gone):
        pass

    with pytest.raises(CannotRunError, match=r"does not answer.*refused"):
        look_before(Wanted(gone.url))


def test_a_site_that_is_not_ours_is_not_tested(stub: Stub) -> None:
    """Every page of ours says its release."""
    stub.headers = {}

    with pytest.raises(CannotRunError, match="none of our sites"):
        look_before(Wanted(stub.url))


def test_a_release_is_given_time_to_reach_the_edges(stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    """Until several answers in a row are of it; without a name, whatever is there is looked at."""
    monkeypatch.setattr(smoke, "PAUSE_SECONDS", 0)
    new, old = stub.headers, {smoke.RELEASE_HEADER: "old"}
    stub.late = [{}, old, new, old]
    look_before(Wanted(stub.url, release="abc"))
    asked = [path for _, path, _ in stub.seen].count("/")
    stub.late = [old]
    look_before(Wanted(stub.url))

    assert (asked, stub.late) == (4 + smoke.IN_A_ROW + 1, [])


def test_a_release_that_never_comes_is_left_to_the_tests(stub: Stub) -> None:
    """They fail with what is there instead, so that there is a verdict."""
    assert look_before(Wanted(stub.url, release="another"), patience=0.01) == look_before(Wanted(stub.url))


@pytest.mark.parametrize(
    ("answers", "key", "words"),
    [({"/": 200}, GOOD_KEY, "has no API"), ({"/": 200, "/api/health": 200}, "", "no key is in SMOKE_KEY")],
    ids=["no API", "no key"],
)
def test_what_cannot_be_tested_is_skipped_everywhere_but_on_staging(
    stub: Stub, answers: dict[str, int], key: str, words: str
) -> None:
    """Staging's verdict lets a release go on, so nothing is skipped there; elsewhere it is said."""
    stub.answers = answers
    for environment in ("", "dev", "production", "local-dev"):
        (said,) = look_before(Wanted(stub.url, environment, key=key))
        assert words in said
    for environment in smoke.STRICT:
        with pytest.raises(CannotRunError, match=f"{words}(.|\n)*on {environment} nothing is skipped"):
            look_before(Wanted(stub.url, environment, key=key))


def test_an_api_that_is_ill_is_no_missing_api(stub: Stub) -> None:
    """Its tests are run, and fail."""
    stub.answers["/api/health"] = 503

    assert "key" in look_before(Wanted(stub.url))[0]


@pytest.mark.parametrize(
    ("statuses", "words"),
    [
        ((403, 422), "messages:read\\."),
        ((200, 403), "tests:erase\\."),
        ((401, 401), "messages:read and tests:erase"),
        ((404, 404), "messages:read and tests:erase"),
    ],
)
def test_a_key_without_its_scopes_is_refused(stub: Stub, statuses: tuple[int, int], words: str) -> None:
    """Before anything is written that it could not erase."""
    stub.answers["/api/inbox"], stub.answers["/api/people/erase"] = statuses

    with pytest.raises(CannotRunError, match=words):
        look_before(Wanted(stub.url, key=GOOD_KEY))


def test_a_good_key_skips_nothing(stub: Stub) -> None:
    """What is asked of the address comes after the key."""
    stub.answers |= {"/api/inbox": 200, "/api/people/erase": 422}

    assert look_before(Wanted(stub.url, "staging", key=GOOD_KEY)) == []


def test_what_is_no_key_is_not_sent(stub: Stub) -> None:
    """Somebody's password in the wrong variable stays here."""
    with pytest.raises(CannotRunError, match="keys begin with zk_"):
        look_before(Wanted(stub.url, key="hunter2"))
    assert {path for _, path, _ in stub.seen} == {"/", "/api/health"}


def test_the_key_is_in_no_command_and_no_words() -> None:
    """Commands are seen by everybody on the machine."""
    wanted = Wanted("https://staging.example", "staging", "abc", key=GOOD_KEY)

    assert GOOD_KEY not in f"{wanted} {pytest_command(wanted)}"


def test_the_command_has_what_was_wished() -> None:
    """Two processes, and nothing that was not said."""
    command = " ".join(pytest_command(Wanted("https://x.example", "dev", "abc", "7", ("chromium", "webkit"))))

    assert re.search(r"-n 2 .*--site-url https://x.example --browsers chromium,webkit", command)
    assert command.endswith("--site-environment dev --site-release abc --site-api-release 7")
    assert "--site-release" not in pytest_command(Wanted("https://x.example", processes=1))
    assert pytest_command(Wanted("https://x.example", approve=True))[-1] == "--approve"


def test_words_and_exit_code_say_that_nothing_is_known(capsys: pytest.CaptureFixture[str]) -> None:
    """Neither passed nor failed: they could not be run."""
    assert smoke.main(["--url", ""]) == 2
    assert "which site? No URL was given" in capsys.readouterr().err
