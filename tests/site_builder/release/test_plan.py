"""A plan says everything that a deploy will do, in the only safe order, with reasons."""

from __future__ import annotations

from pathlib import Path

from site_builder.release.deploy import Stores, apply_plan, look
from site_builder.release.manifest import Manifest, seal
from site_builder.release.plan import Copy, Plan, Point, Upload, WriteManifest, describe, plan_release, step


def planned(output: Path, stores: Stores) -> tuple[Manifest, Plan]:
    """Seal and plan against what the stores hold."""
    manifest = seal(output)
    return manifest, plan_release(manifest, look(manifest, stores))


def test_a_first_release_uploads_everything_and_points_last(output: Path, stores: Stores) -> None:
    """Nothing is there to copy from, and nothing is live until all of it is stored."""
    manifest, plan = planned(output, stores)

    assert len([action for action in plan.actions if isinstance(action, Upload)]) == len(manifest.entries) + 1
    assert isinstance(plan.actions[-1], Point)


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
    uploads = [action for action in second.actions if isinstance(action, Upload) and action.release]

    assert [(action.entry.path, action.reason) for action in uploads] == [("about/index.html", "changed")]
    assert {action.entry.path for action in second.actions if isinstance(action, Copy)} == {
        "404.html",
        "feeds/all.atom.xml",
        "index.html",
    }


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

    assert not [action for action in back.actions if isinstance(action, Copy | WriteManifest)]
    assert back.digest == first.digest


def test_an_interrupted_deploy_is_gone_on_with(output: Path, stores: Stores) -> None:
    """What arrived before the break is not sent again."""
    manifest, plan = planned(output, stores)
    uploads = [action for action in plan.actions if isinstance(action, Upload)]
    apply_plan(Plan(plan.digest, tuple(uploads[:2])), output, stores)

    _, rest = planned(output, stores)
    sent = {action.key for action in rest.actions if isinstance(action, Upload)}

    assert sent.isdisjoint({uploads[0].key, uploads[1].key})
    assert isinstance(rest.actions[-1], Point)
    assert manifest.digest == rest.digest


def test_every_action_is_told_with_its_reason(output: Path, stores: Stores) -> None:
    """A plan reads as an explanation."""
    _, plan = planned(output, stores)
    told = "\n".join(describe(plan))

    assert all(action.reason in told for action in plan.actions)


def test_an_empty_plan_says_that_there_is_nothing_to_do(output: Path, stores: Stores) -> None:
    """Silence would leave the reader wondering."""
    _, plan = planned(output, stores)
    apply_plan(plan, output, stores)

    assert "nothing to do" in describe(planned(output, stores)[1])[0]
