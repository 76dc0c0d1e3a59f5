"""How long a build takes beside plain Pelican, on a corpus made here.

    .venv/bin/python benchmarks/build.py [POSTS ...]        default: 100 1000

Both build the same posts with the same theme and plugins, in turn, each in a process of its own, so that what the
machine does meanwhile meets both. What is printed is medians and the ratio; compare ratios, never seconds of
different runs.
"""

from __future__ import annotations

import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ROUNDS = 5
SENTENCE = "a release is complete or not there and what is live is one key that a small function reads at the edge"
CODE = '\n```python\ndef point(digest: str) -> None:\n    """Move the pointer."""\n    store["live"] = digest\n```\n'


def main(arguments: list[str]) -> int:
    """Measure for each number of posts and print a line for it."""
    print(f"{'posts':>7} {'ours, s':>9} {'plain Pelican, s':>17} {'ours / plain':>13}")
    for posts in [int(argument) for argument in arguments] or [100, 1000]:
        with tempfile.TemporaryDirectory(prefix="zichkoding-benchmark-") as name:
            site = make_site(Path(name), posts)
            ours, plain = measure(site)
        ratio = statistics.median(one / other for one, other in zip(ours, plain, strict=True))
        print(f"{posts:>7} {statistics.median(ours):>9.2f} {statistics.median(plain):>17.2f} {ratio:>13.2f}")
    return 0


def make_site(folder: Path, posts: int) -> Path:
    """Write the corpus beside the real theme and settings; the same one for the same number."""
    shutil.copytree(ROOT / "theme", folder / "theme")
    settings = (ROOT / "pelicanconf.py").read_text()
    (folder / "pelicanconf.py").write_text(settings)
    (folder / "plain.py").write_text(settings.replace('PELICAN_CLASS = "site_builder.SitePelican"\n', ""))
    shutil.copytree(ROOT / "content" / "pages", folder / "content" / "pages")
    for page in (folder / "content" / "pages").glob("*.md"):
        # The real pages link to real posts, which are not here.
        page.write_text(page.read_text().replace("{filename}/posts/", "/posts/"))
    chance = random.Random(posts)  # noqa: S311 - a corpus, not a secret
    for number in range(posts):
        post = folder / "content" / "posts" / f"post-{number}" / "index.md"
        post.parent.mkdir(parents=True)
        post.write_text(make_post(number, chance))
    return folder


def make_post(number: int, chance: random.Random) -> str:
    """Write a post of about 600 words, half of them with code."""
    day = f"20{10 + number % 16}-{1 + number % 12:02}-{1 + number % 28:02} {number % 24:02}:{number % 60:02}"
    words = SENTENCE.split()
    paragraphs = [" ".join(chance.choices(words, k=60)) + "." for _ in range(10)]
    body = "\n\n".join([*paragraphs[:5], "## Why", *paragraphs[5:], CODE if number % 2 else ""])
    tags = ", ".join(chance.sample([f"tag {tag}" for tag in range(60)], 3))
    head = f"Title: Post {number}\nDate: {day}\nSummary: About {number}.\nCategory: Topic {number % 8}\nTags: {tags}\n"
    return f"{head}\n{body}\n"


def measure(site: Path) -> tuple[list[float], list[float]]:
    """Build both ways in turn and return the seconds of each."""
    ours = [sys.executable, "-m", "site_builder", "build", "--settings", f"{site}/pelicanconf.py"]
    plain = [sys.executable, "-m", "pelican", "-s", f"{site}/plain.py", "-o", f"{site}/plain-output"]
    seconds: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS + 1):
        for times, command in zip(seconds, ([*ours, "--output", f"{site}/ours-output"], plain), strict=True):
            times.append(timed(command))
    # The first round fills the machine's file caches.
    return seconds[0][1:], seconds[1][1:]


def timed(command: list[str]) -> float:
    """Run a command from the project and return how long it took."""
    started = time.perf_counter()
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
