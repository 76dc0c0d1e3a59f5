"""Say how two releases differ: which files came, changed and went, with their sizes."""

from __future__ import annotations

from dataclasses import dataclass

from site_builder.release.manifest import Entry, Manifest


@dataclass(frozen=True)
class Difference:
    """What became of one file; one of the two is None where it was not there."""

    path: str
    before: Entry | None
    after: Entry | None

    @property
    def kind(self) -> str:
        """Say it in one word."""
        if self.before is None:
            return "added"
        return "changed" if self.after else "removed"

    @property
    def bytes(self) -> int:
        """Say how much larger the file is than before."""
        return (self.after.size if self.after else 0) - (self.before.size if self.before else 0)


def compare(before: Manifest, after: Manifest) -> tuple[Difference, ...]:
    """Return every file that differs, in its bytes or its headers, by its path."""
    paths = sorted({*before.by_path, *after.by_path})
    pairs = [Difference(path, before.by_path.get(path), after.by_path.get(path)) for path in paths]
    return tuple(pair for pair in pairs if pair.before != pair.after)


def describe_differences(differences: tuple[Difference, ...]) -> list[str]:
    """Tell the differences in lines that a person reads."""
    if not differences:
        return ["No file differs."]
    lines = [f"  {one.kind:<8} {one.path}  ({_size(one)})" for one in differences]
    counts = {kind: sum(one.kind == kind for one in differences) for kind in ("added", "changed", "removed")}
    told = ", ".join(f"{count:,} {kind}" for kind, count in counts.items())
    return [*lines, f"{told}; {sum(one.bytes for one in differences):+,} bytes"]


def _size(one: Difference) -> str:
    if one.before and one.after:
        if one.before.sha256 == one.after.sha256:
            return "its headers"
        return f"{one.before.size:,} -> {one.after.size:,} bytes"
    return f"{(one.after or one.before).size:,} bytes"  # type: ignore[union-attr] # one of them is there
