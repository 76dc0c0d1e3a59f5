"""A deploy is whole or invisible, and touches nothing that is live before its last step."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from site_builder.errors import ReleaseError
from site_builder.release.deploy import Stores, apply_plan, look
from site_builder.release.manifest import seal
from site_builder.release.memory import MemoryObjectStore, MemoryPointerStore
from site_builder.release.plan import plan_release
from site_builder.release.stores import PointerMovedError, StoredObject


class DyingStore(MemoryObjectStore):
    """Fails at its n-th write, as a network does."""

    def __init__(self, dies_at: int) -> None:
        super().__init__()
        self._left = dies_at

    def put(self, key: str, stored: StoredObject, *, only_if_absent: bool = False) -> None:
        """Keep the object, or die."""
        self._count()
        super().put(key, stored, only_if_absent=only_if_absent)

    def copy(self, source: str, target: str, metadata: Mapping[str, str]) -> None:
        """Copy the object, or die."""
        self._count()
        super().copy(source, target, metadata)

    def _count(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise ReleaseError("the store", "it went away", "Try again.")


def deploy(output: Path, stores: Stores) -> str:
    """Deploy the output and return its digest."""
    manifest = seal(output)
    apply_plan(plan_release(manifest, look(manifest, stores)), output, stores)
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


def test_the_page_for_what_is_not_there_is_short_lived(output: Path, stores: Stores) -> None:
    """It is the one object that changes in place."""
    deploy(output, stores)
    page = stores.objects.get("404.html")

    assert page is not None
    assert "s-maxage=60" in page.cache_control


@pytest.mark.parametrize("dies_at", range(7))
def test_a_deploy_that_dies_changes_nothing_live_and_can_be_run_again(output: Path, dies_at: int) -> None:
    """At whichever write it dies, the old release stays whole, and a second run ends right."""
    stores = Stores(MemoryObjectStore(), MemoryPointerStore())
    old = deploy(output, stores)
    dying = DyingStore(dies_at)
    dying._objects = stores.objects._objects  # type: ignore[attr-defined]  # noqa: SLF001 - one store, two doors
    (output / "index.html").write_text("<h1>New</h1>")
    (output / "assets" / "new.0123456789.css").write_text("p {}")
    new = seal(output)

    with pytest.raises(ReleaseError, match="went away"):
        deploy(output, Stores(dying, stores.pointer))

    assert stores.pointer.read().live == old
    assert deploy(output, stores) == new.digest == stores.pointer.read().live
    assert all(stores.objects.get(new.key(entry)) for entry in new.entries)


def test_two_deploys_at_once_have_one_winner(output: Path, stores: Stores) -> None:
    """The slower one is told; it does not take the site back."""
    manifest = seal(output)
    slow = plan_release(manifest, look(manifest, stores))
    (output / "about" / "index.html").write_text("<h1>Faster</h1>")
    winner = deploy(output, stores)
    (output / "about" / "index.html").write_text("<h1>About</h1>")

    with pytest.raises(PointerMovedError):
        apply_plan(slow, output, stores)

    assert stores.pointer.read().live == winner


def test_a_file_that_changes_under_a_deploy_stops_it(output: Path, stores: Stores) -> None:
    """What is stored is what was sealed, or nothing is."""
    manifest = seal(output)
    plan = plan_release(manifest, look(manifest, stores))
    (output / "about" / "index.html").write_text("<h1>Abouz</h1>")

    with pytest.raises(ReleaseError, match="changed after it was sealed"):
        apply_plan(plan, output, stores)
    assert stores.pointer.read().live is None
