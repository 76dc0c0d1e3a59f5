"""The whole road on the local cloud: what is broken is stopped at the right place, and nothing that is live is harmed.

The road is the workflows' own. Its happy end is `make pipeline` itself, which CI runs beside these tests.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.road import pipeline
from tools.road.cloud import STAGES, Cloud
from tools.road.pipeline import PipelineError, Road
from tools.road.replay import FAILED, REFUSED

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def ground() -> Iterator[tuple[Road, Cloud]]:
    """Stand where an earlier release is live everywhere; production's approver says no."""
    with pipeline.beginning(approves=lambda environment: environment != "production") as begun:
        yield begun


def break_a_page(origin: Path) -> None:
    """Link to a text that is not there."""
    post = next((origin / "content" / "posts").glob("*/index.md"))
    post.write_text(post.read_text() + "\n[A page]({filename}/posts/nowhere/index.md)\n")


def break_the_api(origin: Path) -> None:
    """Let the API fail as soon as it starts."""
    app = origin / "api" / "app.py"
    app.write_text(app.read_text() + '\nraise RuntimeError("broken on purpose")\n')


def break_a_migration(origin: Path) -> None:
    """Ask the database for what it does not have."""
    (origin / "api" / "migrations" / "9999_broken.sql").write_text("ALTER TABLE there_is_no_such_table ADD x text;\n")


@pytest.mark.parametrize(
    ("change", "job", "command", "words"),
    [
        (break_a_page, "build", "make build", "nowhere/index.md"),
        (break_the_api, "dev", "make deploy", "the API"),
        (break_a_migration, "dev", "make deploy", "there_is_no_such_table"),
    ],
)
def test_what_is_broken_is_stopped_and_harms_nothing(
    change: pipeline.Change, job: str, command: str, words: str, ground: tuple[Road, Cloud]
) -> None:
    """A page by the build; an API and a migration by the first deploy, before any visitor gets them."""
    road, cloud = ground
    before = [cloud.live(stage) for stage in STAGES]
    head = pipeline.git(road.origin, "rev-parse", "HEAD")
    with pytest.raises(PipelineError, match="the release to dev did not pass"):
        pipeline.travel(road, cloud, change, ci=False)
    pipeline.git(road.origin, "reset", "--quiet", "--hard", head)
    failed = [one for one in road.told if one.outcome == FAILED][-1]

    assert (failed.job, failed.what.startswith(command)) == (job, True), failed.said
    assert words in failed.said
    assert [cloud.live(stage) for stage in STAGES] == before


def test_nobody_gets_past_the_one_before(ground: tuple[Road, Cloud]) -> None:
    """What dev never had is refused on staging; what nobody approved does not even begin on production."""
    road, cloud = ground
    before = [cloud.live(stage) for stage in STAGES]
    head = pipeline.git(road.origin, "rev-parse", "HEAD")
    commit = pipeline.commit_change(road.origin, pipeline.write_a_text)
    staging, refused = road.push("staging", "release", commit), road.told[-1]
    production, stopped = road.push("production", "release", commit), road.told[-1]
    pipeline.git(road.origin, "reset", "--quiet", "--hard", head)
    said = [one.said for one in road.told if one.outcome == FAILED][-1]

    assert (staging, production, stopped.outcome) == (False, False, REFUSED)
    assert "Push that very commit to the branch of local-dev first" in said, refused
    assert [cloud.live(stage) for stage in STAGES] == before
