"""`make up` starts everything, says where, and leaves nothing behind, however it ends."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
READY = re.compile(r"ready at (http://\S+)/")
SECONDS = 60

pytestmark = pytest.mark.integration


class Run:
    """One run of the command."""

    def __init__(self, state: Path, port: int, site: Path = ROOT) -> None:
        self.log = state / f"up-{time.monotonic_ns()}.log"
        command = [sys.executable, "-m", "site_builder", "up", "--port", str(port)]
        command += ["--state", str(state), "--output", str(state / "output")]
        with self.log.open("wb") as stream:
            self.process = subprocess.Popen(command, cwd=site, stdout=stream, stderr=stream, start_new_session=True)

    def url(self) -> str:
        """Wait until it is ready and return its address."""
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            ready = READY.search(self.log.read_text())
            if ready:
                return ready.group(1)
            time.sleep(0.05)
        raise AssertionError(self.log.read_text())

    def wait_for_words(self, words: str) -> str:
        """Wait until it has said something, and return all that it said."""
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline and words not in self.log.read_text():
            time.sleep(0.05)
        return self.log.read_text()

    def end(self, how: signal.Signals) -> tuple[int, str]:
        """End it with a signal and return its exit code and what it said."""
        self.process.send_signal(how)
        return self.process.wait(SECONDS), self.log.read_text()


@pytest.fixture
def state() -> Iterator[Path]:
    """Return a folder for the command to keep its database in."""
    with tempfile.TemporaryDirectory(prefix="zichkoding-up-") as name:
        Path(name).chmod(0o711)
        yield Path(name)


def children_of(process: int) -> set[int]:
    """Return a process's children and theirs."""
    listed = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    parents = {int(line.split()[0]): int(line.split()[1]) for line in listed.splitlines()}
    found, fresh = set[int](), {process}
    while fresh:
        fresh = {child for child, parent in parents.items() if parent in fresh} - found
        found |= fresh
    return found


def all_gone(processes: set[int]) -> bool:
    """Say whether all have ended, within a bounded time."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        if not any(is_running(process) for process in processes):
            return True
        time.sleep(0.05)
    return False


def is_running(process: int) -> bool:
    """Say whether a process does anything: one that has ended and that nobody asked how does not."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks at processes where Linux shows them")
@pytest.mark.parametrize(
    "how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL], ids=lambda how: how.name
)
def test_nothing_is_left_running(state: Path, how: signal.Signals) -> None:
    """Ctrl-C, a supervisor, a closed terminal, or no warning at all: every child ends."""
    run = Run(state, 0)
    run.url()
    children = children_of(run.process.pid)
    code, said = run.end(how)

    assert len(children) >= 4
    assert all_gone(children), said
    assert code == (-signal.SIGKILL if how == signal.SIGKILL else 0), said


def test_after_being_killed_it_starts_again_with_its_data(state: Path) -> None:
    """No lock, no port and no half-written database is in the way."""
    first = Run(state, 0)
    url = first.url()
    form = b"name=Ada&email=ada%40example.org&message=Hello"
    with urllib.request.urlopen(f"{url}/api/contact", form) as answer:  # noqa: S310 - our own address
        assert answer.url.endswith("/contact/thank-you/")
    first.end(signal.SIGKILL)
    second = Run(state, 0)
    with urllib.request.urlopen(f"{second.url()}/api/health") as answer:  # noqa: S310 - our own address
        status = answer.status
    database = re.search(r"(postgresql://\S+)", second.log.read_text())
    assert database is not None
    rows = messages(database.group(1))
    code, _ = second.end(signal.SIGINT)

    assert (status, rows, code) == (200, [("Hello",)], 0)


def test_what_is_saved_is_built(state: Path, tmp_path: Path) -> None:
    """A draft too, which is nowhere else; and a slip is said and changes nothing."""
    site = Path(
        shutil.copytree(ROOT, tmp_path / "site", ignore=shutil.ignore_patterns(".*", "output", "tests", "dist"))
    )
    run = Run(state, 0, site)
    url = run.url()
    draft = site / "content" / "posts" / "a-sketch" / "index.md"
    draft.parent.mkdir()
    keys = "Title: A sketch\nDate: 2026-01-01\nSummary: S.\nCategory: Notes\nStatus: draft\n"
    draft.write_text(f"{keys}\nFirst words.\n")
    page = wait_for(f"{url}/drafts/a-sketch/", b"First words.")
    draft.write_text("Titel: wrong\n")
    said = run.wait_for_words("Did you mean `Title:`?")
    still = wait_for(f"{url}/drafts/a-sketch/", b"First words.")
    run.end(signal.SIGINT)

    assert b'<meta name="robots" content="noindex">' in page
    assert "Did you mean `Title:`?" in said
    assert still == page


def wait_for(url: str, words: bytes) -> bytes:
    """Return a page when it has these words."""
    deadline = time.monotonic() + SECONDS
    body = b""
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url) as answer:  # noqa: S310 - our own address
                body = answer.read()
        except urllib.error.HTTPError:
            body = b""
        if words in body:
            return body
        time.sleep(0.05)
    raise AssertionError(body)


def messages(database: str) -> list[tuple[str]]:
    """Return the texts of all messages."""
    import psycopg  # noqa: PLC0415

    with psycopg.connect(database) as connection:
        return connection.execute("SELECT message FROM contact_messages").fetchall()


def test_a_second_one_is_told_where_the_first_is(state: Path) -> None:
    """Plainly, with the address."""
    first = Run(state, 0)
    url = first.url()
    second = Run(state, 0)
    code = second.process.wait(SECONDS)
    first.end(signal.SIGINT)

    assert (code, f"it runs already, at {url}" in second.log.read_text()) == (1, True)
    assert "Traceback" not in second.log.read_text()


def test_a_busy_port_is_passed_over_and_it_is_said(state: Path) -> None:
    """The next free one, and which that is."""
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        run = Run(state, port)
        url = run.url()
        _, said = run.end(signal.SIGINT)

    assert f"Port {port} is in use; this is on {url.rpartition(':')[2]} instead." in said


def test_a_broken_post_is_said_before_anything_starts(state: Path, tiny_site: Path) -> None:
    """A mistake costs a second, not a minute."""
    (tiny_site / "content" / "pages" / "about.md").write_text("Titel: x\n\nText\n")
    command = [sys.executable, "-m", "site_builder", "up", "--settings", str(tiny_site / "pelicanconf.py")]
    command += ["--state", str(state), "--output", str(tiny_site / "output")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env=dict(os.environ))

    assert done.returncode == 1
    assert "about.md:1" in done.stderr
    assert not (state / "postgres").exists()
