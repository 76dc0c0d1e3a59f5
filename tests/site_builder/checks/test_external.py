"""Links to other sites are asked for politely, and a dead one is found where it stands."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from site_builder.checks.external import (
    BELIEVED_SECONDS,
    Answer,
    Place,
    ask_by_http,
    check_external,
    places_in_sources,
    where_to_mend,
)
from site_builder.checks.markup import Link, read_page

ORIGIN = "https://tiny.example"


class Elsewhere(BaseHTTPRequestHandler):
    """Another site: some of its pages are there, some have moved or gone, and one knows no HEAD."""

    asked: list[tuple[str, str]] = []  # noqa: RUF012 - emptied by the fixture

    def do_HEAD(self) -> None:
        """Answer without the page."""
        self.asked.append(("HEAD", self.path))
        self._answer(405 if self.path == "/no-head" else None)

    def do_GET(self) -> None:
        """Answer with the page."""
        self.asked.append(("GET", self.path))
        self._answer(None)

    def _answer(self, status: int | None) -> None:
        known = {
            "/there": 200,
            "/no-head": 200,
            "/moved": 301,
            "/for-now": 302,
            "/gone": 410,
            "/private": 403,
            "/ill": 500,
        }
        status = status or known.get(self.path, 404)
        self.send_response(status)
        if status in (301, 302):
            self.send_header("Location", "/there")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the library's name
        """Say nothing."""


@pytest.fixture
def elsewhere() -> Iterator[str]:
    """Run another site on this machine."""
    Elsewhere.asked.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def place(target: str, line: int = 1) -> Place:
    """Return a link in a page."""
    return Place(Path("output/index.html"), Link(target, line, 5, loads=False))


@pytest.mark.parametrize(
    ("path", "rules"),
    [
        ("/there", []),
        ("/no-head", []),
        ("/for-now", []),
        ("/private", []),
        ("/moved", ["link-moved"]),
        ("/gone", ["link-dead"]),
        ("/nowhere", ["link-dead"]),
        ("/ill", ["link-unanswered"]),
    ],
)
def test_each_answer_means_what_it_says(elsewhere: str, tmp_path: Path, path: str, rules: list[str]) -> None:
    """Only what is certainly lost is an error."""
    found = check_external([place(elsewhere + path)], tmp_path / "links.json", ask_by_http(ORIGIN), 0, 0)

    assert [one.rule for one in found] == rules
    assert [one.is_error for one in found] == [rule == "link-dead" for rule in rules]


def test_a_host_that_is_not_there_is_a_warning(tmp_path: Path) -> None:
    """It may be back tomorrow."""
    (found,) = check_external([place("http://127.0.0.1:9/x")], tmp_path / "links.json", ask_by_http(ORIGIN), 0, 0)

    assert (found.rule, found.is_error) == ("link-unanswered", False)


def test_every_place_of_a_dead_link_is_said_and_the_host_asked_once(elsewhere: str, tmp_path: Path) -> None:
    """Whatever stands after the hash."""
    places = [place(f"{elsewhere}/there#a"), place(f"{elsewhere}/there#b"), place(f"{elsewhere}/gone", 3),
              place(f"{elsewhere}/gone", 4)]  # fmt: skip
    found = check_external(places, tmp_path / "links.json", ask_by_http(ORIGIN), 0, 0)

    assert [one.line for one in found] == [3, 4]
    assert Elsewhere.asked.count(("HEAD", "/there")) == 1
    assert Elsewhere.asked.count(("HEAD", "/gone")) == 1


def test_what_was_there_is_believed_for_a_week_and_what_was_not_is_asked_again(tmp_path: Path) -> None:
    """Others' servers are not ours to burden."""
    asked: list[str] = []

    def ask(address: str) -> Answer:
        asked.append(address)
        return Answer(404 if "dead" in address else 200, "", now)

    places = [place("https://a.example/"), place("https://a.example/dead")]
    for now in (1e9, 1e9 + BELIEVED_SECONDS - 1, 1e9 + BELIEVED_SECONDS + 1):
        check_external(places, tmp_path / "links.json", ask, now, 0)

    assert asked.count("https://a.example/") == 2
    assert asked.count("https://a.example/dead") == 3


def test_hosts_are_asked_one_question_at_a_time(tmp_path: Path) -> None:
    """Side by side, but never two to the same one."""
    busy: set[str] = set()
    overlaps: list[str] = []
    lock = threading.Lock()

    def ask(address: str) -> Answer:
        host = address.split("/")[2]
        with lock:
            if host in busy:
                overlaps.append(host)
            busy.add(host)
        threading.Event().wait(0.002)
        with lock:
            busy.remove(host)
        return Answer(200, "", 0)

    places = [place(f"https://{host}.example/{number}") for host in "abc" for number in range(5)]

    assert check_external(places, tmp_path / "links.json", ask, 0, 0) == []
    assert overlaps == []


def test_links_to_others_are_found_in_a_page() -> None:
    """Those to our own origin are not among them, nor mail."""
    body = (
        f'<a href="https://a.example/x">a</a><a href="{ORIGIN}/y/">b</a><a href="mailto:a@b.example">c</a>'
        '<a href="/z/">d</a>'
    )

    assert [link.target for link in read_page(body.encode(), ORIGIN).outward] == ["https://a.example/x"]


def test_a_dead_link_is_mended_where_it_was_written(tmp_path: Path) -> None:
    """In the text; what a template says, in the first page that shows it, and once."""
    (tmp_path / "a.md").write_text("Title: A\n\nSee [x](https://a.example/x).\nAnd https://a.example/y, too.\n")
    sources = places_in_sources(tmp_path)
    in_pages = [place("https://a.example/x", 40), place("https://a.example/y", 41)]
    in_pages += [place("https://b.example/", line) for line in (50, 51)]
    found = [(one.path.name, one.link.line, one.link.column) for one in where_to_mend(in_pages, sources)]

    assert found == [("a.md", 3, 9), ("a.md", 4, 5), ("index.html", 50, 5)]
