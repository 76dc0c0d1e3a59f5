"""The author's race: how long from saving a file until the server of each generator answers with the new page.

    .venv/bin/python benchmarks/preview.py              1,000 and 10,000 posts; writes docs/benchmarks-preview.md
    .venv/bin/python benchmarks/preview.py 1000         some sizes only, printed

`site_builder serve`, `hugo server` and `eleventy --serve` run beside each other on the same texts, and the same edits
are made in turn. A client asks for the page again and again, on a connection that stays, until the new words are in it.
Ours is told that somebody looks at the page by an open stream of events, as a browser opens it.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import os
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).resolve().parents[1])]
from contenders import ELEVENTY, HUGO, OURS, ROOT, Contender, prepare, workplace
from corpus import Post, make_posts

REPORT = ROOT / "docs" / "benchmarks-preview.md"
SIZES = (1_000, 10_000)
ROUNDS = {"body edit": 9, "title edit": 5, "base template": 3}
GOALS = {1_000: 60, 10_000: 100}
START_SECONDS = 300
SEEN_SECONDS = 120
# Between two looks at the page; and between two edits, so that whatever a server does afterwards is over.
LOOK = 0.002
REST = 1.0


@dataclass(frozen=True)
class Served:
    """A contender's running server, and the post that is edited."""

    contender: Contender
    port: int
    path: str
    file: Path
    title: str


def main(arguments: Sequence[str]) -> int:
    """Run the race."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sizes", nargs="*", type=int, metavar="POSTS", help="numbers of posts")
    sizes = parser.parse_args(arguments).sizes
    parts = []
    for size in sizes or SIZES:
        parts.append(race(size))
        print(parts[-1], flush=True)
    if not sizes:
        REPORT.write_text(report(parts))
    return 0


def race(size: int) -> str:
    """Edit the same post under every server, in turn."""
    with ExitStack() as running:
        posts = make_posts(size)
        place = running.enter_context(workplace())
        contenders = [one for one in prepare(place, posts) if one.name in {OURS, HUGO, ELEVENTY}]
        served = [running.enter_context(serving(one, posts[size // 2])) for one in contenders]
        timings: dict[tuple[str, str], list[float]] = {}
        for scenario, rounds in ROUNDS.items():
            # The first of each is not counted: a server may still be loading what it needs for it.
            for number in range(rounds + 1):
                for one in served:
                    milliseconds = until_seen(one, scenario, f"{scenario} {number}") * 1000
                    if number:
                        timings.setdefault((scenario, one.contender.name), []).append(milliseconds)
                    time.sleep(REST)
    return table(size, [one.name for one in contenders], timings)


def until_seen(one: Served, scenario: str, mark: str) -> float:
    """Save an edit, and return how long it took until the page has it."""
    look = page_of(one)
    edits: dict[str, Callable[[], None]] = {
        "body edit": lambda: write(one.file, one.file.read_text() + f"\nMarked {mark}.\n"),
        "title edit": lambda: write(one.file, one.file.read_text().replace(one.title, f"{one.title} {mark}", 1)),
        "base template": lambda: write(
            one.contender.base, one.contender.base.read_text().replace("</body>", f"<p>{mark}</p></body>")
        ),
    }
    before = one.file.read_text()
    started = time.perf_counter()
    edits[scenario]()
    while mark not in look():
        if time.perf_counter() - started > SEEN_SECONDS:
            raise TimeoutError(f"{one.contender.name} never showed the {scenario}")
        time.sleep(LOOK)
    seconds = time.perf_counter() - started
    if scenario == "title edit":
        # Titles do not grow from round to round; that this is built is not measured.
        time.sleep(REST)
        write(one.file, before)
        while mark in look():
            time.sleep(LOOK)
    return seconds


def write(file: Path, text: str) -> None:
    """Save a file as most editors do: in one piece."""
    file.write_text(text)


def page_of(one: Served) -> Callable[[], str]:
    """Return what asks for the page once more, on a connection that stays."""
    connection = http.client.HTTPConnection("127.0.0.1", one.port, timeout=SEEN_SECONDS)

    def look() -> str:
        try:
            connection.request("GET", one.path)
            return connection.getresponse().read().decode()
        except (OSError, http.client.HTTPException):
            connection.close()
            return ""

    return look


# --- The servers


@contextmanager
def serving(one: Contender, post: Post) -> Iterator[Served]:
    """Run a contender's server until the block ends."""
    port = free_port()
    file = one.post(post, one.folder)
    process = subprocess.Popen(
        serve_command(one, port),
        cwd=one.folder,
        env={**os.environ, **one.environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    served = Served(one, port, f"/posts/{post.slug}/", file, post.title)
    try:
        wait_until_served(served, process)
        with viewing(served) if one.name == OURS else contextlib.nullcontext():
            time.sleep(REST * 3)
            yield served
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def serve_command(one: Contender, port: int) -> list[str]:
    """Return how a contender's server is started."""
    if one.name == OURS:
        return [sys.executable, "-m", "site_builder", "serve", "--unchecked", "--port", str(port), "--state", "state"]
    if one.name == HUGO:
        return [*one.command, "server", "--port", str(port), "--bind", "127.0.0.1"]
    return [*one.command, "--serve", f"--port={port}"]


def wait_until_served(one: Served, process: subprocess.Popen[bytes]) -> None:
    """Wait until the post is there."""
    look = page_of(one)
    deadline = time.monotonic() + START_SECONDS
    while one.title not in look():
        if process.poll() is not None or time.monotonic() > deadline:
            raise TimeoutError(f"{one.contender.name} did not serve {one.path}")
        time.sleep(0.1)


@contextmanager
def viewing(one: Served) -> Iterator[None]:
    """Be a browser that looks at the page, as far as our server knows."""
    stream = urllib.request.urlopen(f"http://127.0.0.1:{one.port}/_dev/events?path={one.path}&build=none")

    def read() -> None:
        with contextlib.suppress(OSError, ValueError, AttributeError):
            for _ in stream:
                pass

    threading.Thread(target=read, daemon=True).start()
    yield


def free_port() -> int:
    """Return a port that nobody has."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# --- What is printed


def table(size: int, names: list[str], timings: dict[tuple[str, str], list[float]]) -> str:
    """Return the table of one size."""
    lines = [f"## {size:,} posts", "", "| | " + " | ".join(names) + " |", "|---" * (len(names) + 1) + "|"]
    for scenario, rounds in ROUNDS.items():
        ours = statistics.median(timings[scenario, OURS])
        cells = []
        for name in names:
            values = timings[scenario, name]
            ratio = "" if name == OURS else f" ({statistics.median(values) / ours:.1f})"
            cells.append(f"{statistics.median(values):.0f} [{min(values):.0f}-{max(values):.0f}]{ratio}")
        lines.append(f"| {scenario}, {rounds} rounds | {' | '.join(cells)} |")
    return "\n".join([*lines, ""])


def report(parts: list[str]) -> str:
    """Return the page of documentation."""
    goals = ", ".join(f"{goal} ms at {size:,} posts" for size, goal in GOALS.items())
    head = f"""# From saving to seeing

Made by `benchmarks/preview.py` on {datetime.now(UTC):%Y-%m-%d}. Milliseconds from saving a file until the server
answers with the new page: median [least-most] (how many times ours). Our own bounds for edited words are
{goals}.
The three servers run at the same time on the same machine, are given the same edits in turn, and rest in between;
compare the ratios in a row. The texts and themes are those of [the builders' race](benchmarks.md). *Base template*
changes every page: ours makes the one that is looked at first, and serves it while the rest is made.

"""
    return head + "\n".join(parts)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
