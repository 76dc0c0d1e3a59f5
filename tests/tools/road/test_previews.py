"""From a pull request to an address where it can be tried, and back to nothing: three workflows, as they are written.

Every command is the real one; dev is the local cloud, and a stub stands for GitHub's comments.
"""

from __future__ import annotations

import io
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import pytest
from PIL import Image

from tests.tools.pull_request.stub_github import TOKEN, StubGitHub, serving_github
from tests.tools.road import events
from tools.road import pipeline
from tools.road.cloud import Cloud, running
from tools.road.expressions import Value
from tools.road.replay import Api, Ground, Push, Replay
from tools.road.workflows import WORKFLOWS, read_workflow

pytestmark = [pytest.mark.browser, pytest.mark.integration]

# A slow machine is no fault; an edge that never hears is.
HEARD_SECONDS = 20
DEFAULT = "trunk"
WORDS = "Nobody has ever written this here."


@dataclass(frozen=True)
class Here:
    """A repository on a GitHub of this machine, and a cloud that its workflows deploy to."""

    origin: Path
    cloud: Cloud
    github: StubGitHub
    ground: Ground

    def run(self, workflow: str, commit: str, event: str, document: Mapping[str, Value]) -> Replay:
        """Run a workflow, which has to pass."""
        push = Push(self.origin, DEFAULT, commit, event, document=document)
        replay = Replay(read_workflow(pipeline.ROOT / WORKFLOWS / f"{workflow}.yml"), push, self.ground)
        passed = replay.run()

        assert passed, [one for one in replay.told if one.said]
        return replay

    @property
    def host(self) -> str:
        """Return the preview's name."""
        return f"pr-{events.NUMBER}.preview.localhost:{urlsplit(self.cloud.urls('dev')[0]).port}"

    def comments(self) -> list[str]:
        """Return what stands below the pull request."""
        return [str(comment["body"]) for comment in self.github.pulls[events.NUMBER]]

    def ask(self, path: str) -> tuple[int, bytes]:
        """Ask for the preview as a browser does, which needs nobody for a name below localhost."""
        url = f"{self.cloud.urls('dev')[0]}{path}"
        request = Request(url, headers={"Host": self.host})  # noqa: S310 - the local cloud
        try:
            with urlopen(request) as answer:  # noqa: S310 - as above
                return answer.status, answer.read()
        except HTTPError as error:
            with error:
                return error.code, b""


@pytest.fixture
def here() -> Iterator[Here]:
    """Run a cloud without an API, and a GitHub."""
    with tempfile.TemporaryDirectory(prefix="zichkoding-previews-") as name:
        folder = Path(name)
        origin = pipeline.clone(folder / "origin")
        pipeline.git(origin, "checkout", "--quiet", "-B", DEFAULT)
        with (
            running(pipeline.ROOT, folder / "cloud", "--delay", "0.2", "--site-only") as cloud,
            serving_github() as github,
        ):
            # Lighthouse's marks cost minutes, and have tests of their own.
            environment = {**pipeline.surroundings(cloud), "MARKS": "0"}
            ground = Ground(
                folder / "runs", cloud.described, environment=environment, api=Api(github.url, TOKEN), tell=pipeline.say
            )
            yield Here(origin, cloud, github, ground)


def change_a_page(origin: Path) -> None:
    """Write a sentence into a page that is looked at nowhere else."""
    page = origin / "content" / "pages" / "colophon.md"
    page.write_text(f"{page.read_text()}\n{WORDS}\n")


def heard(here: Here, status: int) -> bool:
    """Wait until every edge has heard of what was shown or taken away, each in its own time."""
    deadline = time.monotonic() + HEARD_SECONDS
    while (said := here.ask("/colophon/")[0]) != status and time.monotonic() < deadline:
        time.sleep(0.05)
    return said == status


def test_a_pull_request_is_built_shown_told_told_anew_and_taken_away(here: Here) -> None:
    """What one run has built another shows; its pictures lie where the one comment says."""
    base = pipeline.git(here.origin, "rev-parse", "HEAD")
    pipeline.git(here.origin, "checkout", "--quiet", "-b", "change")
    commit = pipeline.commit_change(here.origin, change_a_page)
    pipeline.git(here.origin, "checkout", "--quiet", DEFAULT)
    built = here.run("preview", commit, "pull_request", events.opened(base))
    here.run("preview-show", base, "workflow_run", events.built(built.number, commit))
    (words,) = here.comments()
    shown = heard(here, 200)
    page, picture = here.ask("/colophon/"), here.ask("/pull-request/1-desktop.jpg")
    hidden = here.ask("/.well-known/security.txt")
    # As after one more push, of a commit that changes no page.
    here.run("preview-show", base, "workflow_run", events.built(built.number, base))
    (anew,) = here.comments()
    here.run("preview-close", commit, "pull_request", events.closed(DEFAULT))
    (goodbye,) = here.comments()

    assert (shown, WORDS.encode() in page[1], hidden[0]) == (True, True, 200)
    assert Image.open(io.BytesIO(picture[1])).format == "JPEG"
    assert f"### [Try it](http://{here.host}/)" in words
    assert f'<img src="http://{here.host}/pull-request/1-desktop.jpg"' in words
    assert "Pages: 0 added, 1 changed, 0 removed" in words
    assert (f"of `{commit[:12]}`" in words, f"of `{base[:12]}`" in anew) == (True, True)
    assert "was removed" in goodbye
    assert heard(here, 404)
