"""What is applied is what was planned and sealed, or the reason why not."""

from __future__ import annotations

from pathlib import Path

import pytest

from site_builder.errors import ReleaseError
from site_builder.release.apply import Stores, apply_plan, look, missing_files, show_not_found_page
from site_builder.release.manifest import Manifest, seal
from site_builder.release.plan import Plan, plan_release
from site_builder.release.pointer import Pointer, PointerMovedError, Release, moved


def plan(manifest: Manifest, stores: Stores, *, thoroughly: bool = False) -> Plan:
    """Plan a deploy of it."""
    present = look(manifest, stores, thoroughly=thoroughly)
    new = present.pointer
    if new.digest != manifest.digest:
        move = moved(new, "deploy", "a test", "", stores.clock.now()).move
        new = Pointer(Release(manifest.digest), move=move)
    return plan_release(manifest, present, new)


def deploy(output: Path, stores: Stores) -> str:
    """Deploy the output and return its digest."""
    manifest = seal(output)
    apply_plan(plan(manifest, stores), output, stores)
    return manifest.digest


def test_every_page_says_its_release(output: Path, stores: Stores) -> None:
    """Verification and smoke tests read what they are looking at from the response."""
    digest = deploy(output, stores)
    page = stores.objects.get(f"releases/{digest}/about/index.html")

    assert page is not None
    assert page.metadata == {"release": digest}


def test_a_copied_page_says_its_new_release(output: Path, stores: Stores) -> None:
    """A copy belongs to the release it was made for."""
    deploy(output, stores)
    (output / "index.html").write_text("<h1>New</h1>")
    digest = deploy(output, stores)
    copied = stores.objects.get(f"releases/{digest}/about/index.html")

    assert copied is not None
    assert (copied.body, copied.metadata) == (b"<h1>About</h1>", {"release": digest})


def test_a_copy_whose_source_is_gone_is_an_upload(output: Path, stores: Stores) -> None:
    """Somebody deleted a file by hand: the bytes are here as well."""
    old = deploy(output, stores)
    (output / "index.html").write_text("<h1>New</h1>")
    manifest = seal(output)
    planned = plan(manifest, stores)
    stores.objects.delete([f"releases/{old}/about/index.html"])
    apply_plan(planned, output, stores)

    assert missing_files(manifest, stores) == []


def test_the_page_for_what_is_not_there_is_short_lived_and_the_live_release_s(output: Path, stores: Stores) -> None:
    """It is the one object that changes in place."""
    digest = deploy(output, stores)
    page = stores.objects.get("404.html")

    assert page is not None
    assert "s-maxage=60" in page.cache_control
    assert page.metadata == {"release": digest}


def test_a_404_page_that_somebody_replaced_is_put_right_by_the_next_deploy(output: Path, stores: Stores) -> None:
    """Even if there is nothing else to do."""
    digest = deploy(output, stores)
    wrong = stores.objects.get(f"releases/{digest}/index.html")
    assert wrong is not None
    stores.objects.put("404.html", wrong)
    deploy(output, stores)

    page = stores.objects.get("404.html")
    assert page is not None
    assert page.body == b"<h1>Not found</h1>"


def test_what_is_missing_of_a_live_release_is_stored_again_when_asked_for(output: Path, stores: Stores) -> None:
    """A repair looks at every file; a deploy of what is live does not."""
    digest = deploy(output, stores)
    manifest = seal(output)
    stores.objects.delete([f"releases/{digest}/about/index.html", "assets/site.0123456789.css"])
    missing = missing_files(manifest, stores)
    deploy(output, stores)
    unchanged = missing_files(manifest, stores)
    apply_plan(plan(manifest, stores, thoroughly=True), output, stores)

    assert missing == unchanged == ["assets/site.0123456789.css", f"releases/{digest}/about/index.html"]
    assert missing_files(manifest, stores) == []


def test_two_deploys_at_once_have_one_winner(output: Path, stores: Stores) -> None:
    """The slower one is told; it does not take the site back."""
    slow = plan(seal(output), stores)
    (output / "about" / "index.html").write_text("<h1>Faster</h1>")
    winner = deploy(output, stores)
    (output / "about" / "index.html").write_text("<h1>About</h1>")

    with pytest.raises(PointerMovedError, match="deploy by a test"):
        apply_plan(slow, output, stores)

    assert stores.pointer.read().digest == winner


def test_a_404_page_that_is_written_late_follows_the_pointer(output: Path, stores: Stores) -> None:
    """Whoever was slow looks again, and leaves what is live there."""
    first = deploy(output, stores)
    (output / "404.html").write_text("<h1>Not here either</h1>")
    second = deploy(output, stores)
    show_not_found_page(first, stores)

    page = stores.objects.get("404.html")
    assert page is not None
    assert page.metadata == {"release": second}


@pytest.mark.parametrize("text", ["<h1>Abouz</h1>", None])
def test_a_file_that_changes_under_a_deploy_stops_it(output: Path, stores: Stores, text: str | None) -> None:
    """What is stored is what was sealed, or nothing is."""
    planned = plan(seal(output), stores)
    page = output / "about" / "index.html"
    if text is None:
        page.unlink()
    else:
        page.write_text(text)

    with pytest.raises(ReleaseError, match="changed after it was sealed"):
        apply_plan(planned, output, stores)
    assert stores.pointer.read().live is None
