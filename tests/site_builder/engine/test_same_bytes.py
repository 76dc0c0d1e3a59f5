"""The proof: whatever was edited, an incremental build leaves the bytes of a clean one, and of plain Pelican."""

from __future__ import annotations

import importlib.metadata
import locale
import logging
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from site_builder.engine import ground, making, reading
from tests.site_edits import EDITS, Site, files_of

ROOT = Path(__file__).resolve().parents[3]
SITES = ROOT / "tests" / "sites"
# As many examples as Hypothesis takes by itself, and the few that are taken here then.
HOUSE, FEW = 100, 6
HOUSE_SETTINGS = (("SITENAME", ('"ZichKoding"', '"Another"')), ("DEFAULT_PAGINATION", ("10", "2")))


def house(folder: Path) -> Site:
    """Make a small site with our own theme, settings and plugins."""
    shutil.copytree(ROOT / "theme", folder / "theme")
    own = (
        (ROOT / "pelicanconf.py")
        .read_text(encoding="utf-8")
        .replace('PELICAN_CLASS = "site_builder.SitePelican"\n', "")
    )
    (folder / "pelicanconf.py").write_text(own)
    shutil.copytree(SITES / "tiny" / "content", folder / "content")
    return Site(
        folder,
        "posts",
        pictures=tuple(str(one.relative_to(folder / "content")) for one in sorted((folder / "content").rglob("*.svg"))),
        templates=("theme/templates/base.html", "theme/templates/article.html", "theme/templates/list.html"),
        data=("theme/static/css/site.css",),
        settings=HOUSE_SETTINGS,
    )


def magazine(folder: Path) -> Site:
    """Make a site that lists its articles in every page, with plugins that the engine knows nothing of."""
    shutil.copytree(SITES / "magazine", folder, dirs_exist_ok=True)
    return Site(
        folder,
        "articles",
        pictures=("images/dot.svg",),
        templates=("theme/templates/base.html", "theme/templates/parts/foot.html", "theme/templates/parts/macros.html",
                   "theme/templates/article.html", "theme/templates/index.html"),
        data=("data/editors.json", "data/motto.txt", "theme/static/css/style.css"),
        plugins=("plugins/masthead.py",),
        settings=(("SITENAME", ('"The Magazine"', '"Weekly"')), ("DEFAULT_PAGINATION", ("2", "3")),
                  ("SUMMARY_MAX_LENGTH", ("12", "None"))),
    )  # fmt: skip


def notebook(folder: Path) -> Site:
    """Make a site with relative links, on Pelican's own simple theme."""
    shutil.copytree(SITES / "notebook", folder, dirs_exist_ok=True)
    return Site(
        folder,
        "notes/first",
        pictures=("files/data.txt",),
        templates=("overrides/article.html", "theme/templates/period_archives.html", "content/pages/hand.html"),
        data=("theme/static/plain.css", "content/extra.txt"),
        settings=(("SITENAME", ('"Notes"', '"Other"')), ("RELATIVE_URLS", ("True", "False")),
                  ("WITH_FUTURE_DATES", ("True", "False"))),
    )  # fmt: skip


def sample(folder: Path) -> Site:
    """Take Pelican's own sample site: reStructuredText, translations, drafts, and the theme that comes with it."""
    samples = pelican_sources() / "samples"
    shutil.copytree(samples / "content", folder / "content")
    shutil.copy(samples / "pelican.conf.py", folder / "pelicanconf.py")
    with (folder / "pelicanconf.py").open("a") as settings:
        settings.write('\nPATH = "content"\n')
    return Site(folder, "cat1", settings=(("RELATIVE_URLS", ("True", "False")), ("DEFAULT_PAGINATION", ("4", "2"))))


def pelican_sources() -> Path:
    """Return Pelican's sources, as they are published: the wheel leaves the sample site out."""
    version = importlib.metadata.version("pelican")
    folder = ROOT / ".local" / f"pelican-{version}"
    if not folder.exists():
        lock = (ROOT / "requirements" / "site.txt").read_text(encoding="utf-8")
        pinned = re.search(r"^pelican==.*?(?=^\S)", lock, re.MULTILINE | re.DOTALL)
        assert pinned is not None
        with tempfile.TemporaryDirectory() as downloads:
            (Path(downloads) / "pinned.txt").write_text(pinned[0])
            command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", "pelican",
                       "--require-hashes", "--requirement", "pinned.txt"]  # fmt: skip
            found = subprocess.run(command, cwd=downloads, capture_output=True, text=True, check=False)
            if found.returncode:
                pytest.skip(f"Pelican's sources cannot be had from the package index: {found.stderr[-200:]}")
            with tarfile.open(next(Path(downloads).glob("pelican-*.tar.gz"))) as archive:
                if hasattr(tarfile, "data_filter"):
                    archive.extractall(downloads, filter="data")
                else:
                    # The first releases of 3.11 have no filter. The hash has said that the archive is Pelican's.
                    archive.extractall(downloads)  # noqa: S202
            folder.parent.mkdir(exist_ok=True)
            shutil.move(Path(downloads) / f"pelican-{version}", folder)
    return folder


class EditedSite(RuleBasedStateMachine):
    """A site that is edited and built, again and again."""

    make: Any = None

    def __init__(self) -> None:
        """Make the site and build it once."""
        super().__init__()
        # A site's settings may set another, for the whole process.
        self.locale = locale.setlocale(locale.LC_ALL)
        self.folder = Path(tempfile.mkdtemp(prefix="zichkoding-same-")).resolve()
        self.site: Site = type(self).make(self.folder)

    @initialize()
    def build_first(self) -> None:
        """Begin from a clean build."""
        self._compare()

    @rule(data=st.data(), edits=st.lists(st.sampled_from(EDITS), min_size=1, max_size=3))
    def edit_and_build(self, data: st.DataObject, edits: list[Any]) -> None:
        """Edit one to three things, build in all three ways, and compare."""
        for edit in edits:
            self.site.count += 1
            edit(self.site, data)
        self._compare()

    def _compare(self) -> None:
        failure = outcome(self.site.incremental)
        expected_failure = outcome(self.site.plain)
        if failure or expected_failure:
            # An edit may make a site that cannot be built (two texts with one address): then neither builds it.
            assert (failure is None) == (expected_failure is None), (failure, expected_failure)
            return
        incremental, plain = self.site.files(), files_without_times(self.site)
        assert differing(incremental, plain) == []
        assert differing(incremental, self.site.clean()) == []

    def teardown(self) -> None:
        """Remove the site."""
        os.chdir(ROOT)
        locale.setlocale(locale.LC_ALL, self.locale)
        shutil.rmtree(self.folder, ignore_errors=True)


def files_without_times(site: Site) -> dict[str, bytes]:
    """Return what plain Pelican has just made."""
    return files_of(site.folder / "plain")


def differing(one: dict[str, bytes], other: dict[str, bytes]) -> list[str]:
    """Return the names of the files that are not the same in both."""
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))


def outcome(build: Any) -> str | None:
    """Return how a build failed, or None."""
    try:
        build()
    except Exception as error:  # noqa: BLE001 - whatever it is, plain Pelican must fail as well
        return repr(error)
    return None


@contextmanager
def quiet() -> Iterator[None]:
    """Keep Pelican's warnings about edited texts out of the way, and stale byte code too."""
    logger = logging.getLogger("pelican")
    before, byte_code = logger.level, sys.dont_write_bytecode
    logger.setLevel(logging.CRITICAL + 1)
    sys.dont_write_bytecode = True
    try:
        yield
    finally:
        logger.setLevel(before)
        sys.dont_write_bytecode = byte_code


@pytest.mark.parametrize("make", [house, magazine, notebook, sample])
@pytest.mark.parametrize("processes", [1, 2])
def test_an_incremental_build_leaves_the_bytes_of_a_clean_one(
    make: Any, processes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Any edits, in any order; after each the same files, byte for byte, as our clean build and plain Pelican's."""
    monkeypatch.setattr(ground, "available_processors", lambda: processes)
    if processes > 1:
        # Let even these few texts and pages go through the workers.
        monkeypatch.setattr(reading, "FEW", 1)
        monkeypatch.setattr(making, "FEW_PAGES", 1)
    machine = type("Machine", (EditedSite,), {"make": staticmethod(make)})
    with quiet():
        run_state_machine_as_test(
            machine,
            settings=settings(
                # Shared out among four sites and two numbers of processes: 48 here, of three edits each, and 2,000
                # with the nightly profile.
                max_examples=FEW if settings().max_examples <= HOUSE else settings().max_examples // 8,
                stateful_step_count=3,
                deadline=None,
                # A failure is short as it is, and each step builds three sites: to shrink it would take minutes.
                phases=(Phase.explicit, Phase.reuse, Phase.generate),
                suppress_health_check=list(HealthCheck),
            ),
        )
