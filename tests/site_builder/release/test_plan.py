"""A plan says everything that a deploy will do, in the only safe order, with reasons and its price."""

from __future__ import annotations

from pathlib import Path

import pytest

from site_builder.errors import ReleaseError
from site_builder.release.apply import Stores, apply_plan, look
from site_builder.release.manifest import Manifest, seal
from site_builder.release.plan import (
    Copy,
    Origin,
    Plan,
    Point,
    Shift,
    ShowNotFoundPage,
    Upload,
    WriteManifest,
    describe,
    plan_release,
    step,
    summary,
)
from site_builder.release.pointer import Pointer, Release, moved
from tests.site_builder.release.cloud import Cloud, deploy, make_release


def planned(output: Path, stores: Stores, source: str | None = None) -> tuple[Manifest, Plan]:
    """Seal and plan against what the stores hold."""
    manifest = seal(output)
    present = look(manifest, stores)
    new = present.pointer
    if new.digest != manifest.digest:
        new = Pointer(Release(manifest.digest), move=moved(new, "deploy", "a test", "", 0).move)
    return manifest, plan_release(manifest, present, new, origin=Origin(source))


def test_a_first_release_uploads_everything_and_points_at_the_end(output: Path, stores: Stores) -> None:
    """Nothing is there to copy from, and nothing is live until all of it is stored."""
    manifest, plan = planned(output, stores)

    assert len([action for action in plan.actions if isinstance(action, Upload)]) == len(manifest.entries)
    assert [type(action) for action in plan.actions[-4:]] == [WriteManifest, ShowNotFoundPage, Point, ShowNotFoundPage]


def test_assets_come_before_pages_and_the_manifest_after_all_files(output: Path, stores: Stores) -> None:
    """A page is never there before what it shows; a manifest never lists what is not there."""
    _, plan = planned(output, stores)
    steps = [step(action) for action in plan.actions]

    assert steps == sorted(steps)
    assert steps[0] == step(plan.actions[0]) == 0


def test_a_second_release_sends_only_what_changed(output: Path, stores: Stores) -> None:
    """Unchanged pages are copied inside the store; shared assets stay where they are."""
    _, first = planned(output, stores)
    apply_plan(first, output, stores)
    (output / "about" / "index.html").write_text("<h1>About us</h1>")

    _, second = planned(output, stores)
    uploads = [action for action in second.actions if isinstance(action, Upload)]

    assert [(action.entry.path, action.reason) for action in uploads] == [("about/index.html", "changed")]
    assert {action.entry.path for action in second.actions if isinstance(action, Copy)} == {
        "404.html",
        "feeds/all.atom.xml",
        "index.html",
    }


def test_from_another_bucket_everything_is_copied(output: Path, stores: Stores) -> None:
    """A promotion sends no byte from this machine."""
    _, plan = planned(output, stores, source="staging")
    copies = [action for action in plan.actions if isinstance(action, Copy)]

    assert plan.bytes_to_send == 0
    assert {action.source.bucket for action in copies} == {"staging"}
    assert len(copies) == 5


def test_what_is_live_already_needs_nothing(output: Path, stores: Stores) -> None:
    """Deploying the same bytes again is no deploy."""
    _, plan = planned(output, stores)
    apply_plan(plan, output, stores)

    assert planned(output, stores)[1].actions == ()


def test_a_complete_release_that_is_not_live_is_only_pointed_to(output: Path, stores: Stores) -> None:
    """Going back to bytes that are kept sends none of them."""
    _, first = planned(output, stores)
    apply_plan(first, output, stores)
    home = (output / "index.html").read_text()
    (output / "index.html").write_text("<h1>New home</h1>")
    apply_plan(planned(output, stores)[1], output, stores)
    (output / "index.html").write_text(home)

    _, back = planned(output, stores)

    assert [type(action) for action in back.actions] == [Point, ShowNotFoundPage]
    assert back.digest == first.digest


def test_a_manifest_whose_files_are_gone_is_not_believed(output: Path, stores: Stores) -> None:
    """A deploy that was late may write one after its files were pruned: what is missing is stored again."""
    manifest, first = planned(output, stores)
    apply_plan(first, output, stores)
    (output / "index.html").write_text("<h1>New home</h1>")
    apply_plan(planned(output, stores)[1], output, stores)
    (output / "index.html").write_text("<h1>Home</h1>")
    stores.objects.delete([f"releases/{manifest.digest}/about/index.html"])

    _, again = planned(output, stores)

    assert [action.entry.path for action in again.actions if isinstance(action, Copy)] == ["about/index.html"]


def test_an_interrupted_deploy_is_gone_on_with(output: Path, stores: Stores) -> None:
    """What arrived before the break is not sent again."""
    manifest, plan = planned(output, stores)
    uploads = [action for action in plan.actions if isinstance(action, Upload)]
    apply_plan(Plan(plan.digest, tuple(uploads[:2])), output, stores)

    _, rest = planned(output, stores)
    sent = {action.key for action in rest.actions if isinstance(action, Upload)}

    assert sent.isdisjoint({uploads[0].key, uploads[1].key})
    assert [type(action) for action in rest.actions[-3:]] == [ShowNotFoundPage, Point, ShowNotFoundPage]
    assert manifest.digest == rest.digest


def test_an_asset_with_other_bytes_under_the_same_name_is_refused(output: Path, stores: Stores) -> None:
    """Browsers keep it for a year: they would show the old one with the new page."""
    apply_plan(planned(output, stores)[1], output, stores)
    (output / "assets" / "site.0123456789.css").write_text("bodi {}")

    with pytest.raises(ReleaseError, match="with other bytes"):
        planned(output, stores)


def test_every_action_is_told_with_its_reason(output: Path, stores: Stores) -> None:
    """A plan reads as an explanation."""
    _, plan = planned(output, stores)
    told = "\n".join(describe(plan))

    assert all(action.reason in told for action in plan.actions)


def test_a_plan_says_what_it_costs(output: Path, stores: Stores) -> None:
    """Five files, a manifest, twice the CDN's 404 page: eight writing requests at half a cent for a thousand."""
    _, plan = planned(output, stores)

    assert plan.dollars == pytest.approx(8 * 0.005 / 1000)
    assert "about $0.0000" in summary(plan)


def test_an_empty_plan_says_that_there_is_nothing_to_do(output: Path, stores: Stores) -> None:
    """Silence would leave the reader wondering."""
    _, plan = planned(output, stores)
    apply_plan(plan, output, stores)

    assert "nothing to do" in describe(planned(output, stores)[1])[0]


def test_what_did_not_come_along_is_brought_and_the_plan_says_why(tmp_path: Path) -> None:
    """Where all else is as it should be, that alone is done."""
    made, place = make_release(tmp_path, 1, with_api=True), Cloud(with_api=True)["dev"]
    deploy(place, made)
    assert place.functions is not None
    place.functions.followed = None
    present = look(made.manifest, place.stores(), package=made.release.api)
    plan = plan_release(made.manifest, present, present.pointer, origin=Origin(None, made.package))

    assert [action.reason for action in plan.actions if isinstance(action, Shift)] == [
        "rotate did not come along the last time"
    ]
    assert len(plan.actions) == 1
