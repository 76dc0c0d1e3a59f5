"""The whole road on the local cloud: what is broken is stopped at the right place, and nothing that is live is harmed.

The road is the workflows' own. Its happy end is `make pipeline` itself, which CI runs beside these tests.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from tools.road import pipeline
from tools.road.cloud import STAGES, Cloud
from tools.road.pipeline import PipelineError, Road
from tools.road.replay import FAILED, PASSED, REFUSED, commands
from tools.road.workflows import WORKFLOWS, read_workflow

pytestmark = pytest.mark.integration

nightly = pytest.mark.skipif(
    os.environ.get("HYPOTHESIS_PROFILE") != "nightly", reason="one of them is enough each time"
)


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


def let_a_script_throw(origin: Path) -> None:
    """Let what the forms load fail as soon as it starts; they do without it."""
    script = origin / "theme" / "static" / "js" / "form.js"
    script.write_text(f'throw new Error("broken on purpose");\n{script.read_text()}')


def seal_other_bytes(origin: Path) -> None:
    """Let every page expect other stylesheets and scripts than there are."""
    assets = origin / "site_builder" / "plugins" / "assets.py"
    assets.write_text(assets.read_text().replace("integrity(content)", 'integrity(content + b" ")'))


def forbid_styles(origin: Path) -> None:
    """Let the policy of every page forbid its stylesheets."""
    page = origin / "theme" / "templates" / "base.html"
    page.write_text(page.read_text().replace("<title>", NO_STYLES + "<title>", 1))


NO_STYLES = """<meta http-equiv="Content-Security-Policy" content="style-src 'none'">\n"""


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


@pytest.mark.browser
@pytest.mark.parametrize(
    ("change", "words"),
    [
        (let_a_script_throw, "a script failed: broken on purpose"),
        pytest.param(seal_other_bytes, "integrity", marks=nightly),
        pytest.param(forbid_styles, "Content Security Policy", marks=nightly),
    ],
)
def test_what_only_a_browser_notices_is_stopped_on_staging(
    change: pipeline.Change, words: str, ground: tuple[Road, Cloud]
) -> None:
    """Every file is there and every answer is 200; its verdict keeps it from production, and its traces are kept."""
    road, cloud = ground
    before = cloud.live("production")
    head = pipeline.git(road.origin, "rev-parse", "HEAD")
    commit = pipeline.commit_change(road.origin, change)
    # The tests of dev are left out, so that those of staging have to find it, with a look at one page.
    one_page = replace(road.ground, environment=looking_at(road, "contact"), approves=lambda _: True)
    unlooked = replace(road, ground=replace(road.ground, leave_out=looks_of(road)), told=[])
    looked = replace(road, ground=one_page, told=[])
    ends = [
        unlooked.push("dev", "release", commit),
        looked.push("staging", "release", commit),
        looked.push("production", "release", commit),
    ]
    pipeline.git(road.origin, "reset", "--quiet", "--hard", head)
    failed = [one for one in looked.told if one.outcome == FAILED]
    verdict = next(one for one in looked.told if one.what.endswith("VERDICT=failed"))
    kept = [file.read_text() for file in road.ground.folder.glob("run-*/artefacts/smoke-staging/*/*/faults.txt")]

    assert ends == [True, False, False]
    assert [(one.job, one.what.split()[1]) for one in failed] == [("staging", "smoke"), ("production", "promote")]
    assert verdict.outcome == PASSED
    assert any(words in faults for faults in kept), failed[0].said
    assert "smoke tests" in failed[1].said
    assert cloud.live("production") == before


def looks_of(road: Road) -> frozenset[str]:
    """Return the commands that look at an environment with a browser."""
    workflow = read_workflow(road.origin / WORKFLOWS / "release.yml")
    return frozenset(command for _, command in commands(workflow) if command.startswith("make smoke "))


def looking_at(road: Road, page: str) -> Mapping[str, str]:
    """Return the variables with which only the smoke tests of one page are run: the others take their time."""
    return {**road.ground.environment, "PYTEST_ADDOPTS": f"-k 'looks_as and {page}'"}


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
