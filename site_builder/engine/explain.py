"""Say why a page was made in the last build, or why it was not, and what it reads."""

from __future__ import annotations

import array
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from site_builder.engine.store import FIELD_BITS, PageRow, Store, exists, state_file
from site_builder.errors import BuildError


def explain(output: Path, wanted: str, content: Path) -> str:
    """Return the story of a page, in lines; it is named by its file, its address or its source."""
    if not exists(output):
        raise BuildError(str(output), "no build has left a state here", "Run `site_builder build` first.")
    store = Store(state_file(output))
    try:
        row = _find(store, wanted, output, content)
        return "\n".join(_tell(store, row))
    finally:
        store.close()


def _find(store: Store, wanted: str, output: Path, content: Path) -> PageRow:
    for path in _meanings(store, wanted, output, content):
        row = store.page(path)
        if row is not None:
            return row
    raise BuildError(
        wanted,
        "the last build made no such page",
        "Name a page by its file in the output (blog/post/index.html), its address (/blog/post/) or its source.",
    )


def _meanings(store: Store, wanted: str, output: Path, content: Path) -> Iterator[str]:
    path = wanted.strip("/")
    yield path
    yield f"{path}/index.html".lstrip("/")
    whole = Path(wanted).absolute()
    if whole.is_relative_to(output.absolute()):
        yield whole.relative_to(output.absolute()).as_posix()
    if whole.is_relative_to(content.absolute()):
        source = whole.relative_to(content.absolute()).as_posix()
        for kind in ("article", "page"):
            save_as = store.save_as(f"{kind}:{source}")
            if save_as:
                yield save_as


def _tell(store: Store, row: PageRow) -> Iterator[str]:
    build, _, reason = row.reason.partition("\t")
    if int(build) == store.build_number():
        yield f"{row.path} was made: {reason}."
    else:
        now = store.build_number()
        yield f"{row.path} was kept: nothing that it reads has changed since build {build} (this is {now})."
        yield f"It was made then because {reason}." if reason else ""
    if row.opaque:
        yield f"It is made whenever anything has changed: {row.opaque.removeprefix('clock: ')}."
    yield f"It is made with {row.template.partition(chr(10))[0]}, and reads:"
    names = {number: name for name, (number, _) in store.names().items()}
    keys = {source.id: source.key for source in store.sources().values()}
    fields: dict[str, list[str]] = defaultdict(list)
    for number in array.array("Q", row.facts):
        subject, name = number >> FIELD_BITS, names[number & ((1 << FIELD_BITS) - 1)]
        kind, _, rest = name.partition(" ")
        if subject:
            fields[keys.get(subject, "a text that is gone")].append(name)
        else:
            fields[{"context": "the site", "link": "links to", "template": "templates"}[kind]].append(rest)
    for subject_name, read in sorted(fields.items()):
        yield f"  {subject_name.partition(':')[2] or subject_name}: {', '.join(sorted(read))}"
