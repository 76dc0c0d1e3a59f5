"""What a page reads of a list is written down: the part that it read, and no more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from site_builder.engine.facts import MISSING, Record, Watched, recording, value_at

TEXTS = ["a", "b", "c"]
READS: dict[str, tuple[Callable[[Any], object], set[str]]] = {
    "all of it": (list, {"texts"}),
    "the first two": (lambda texts: texts[:2], {"texts[:2:]"}),
    "the last": (lambda texts: texts[-1], {"texts[-1]"}),
    "how many": (len, {"texts#"}),
    "whether there are any": (bool, {"texts?"}),
    "whether one is among them": (lambda texts: "a" in texts, {"texts"}),
    "in another order": (lambda texts: sorted(texts, reverse=True), {"texts"}),
    "with others before": (lambda texts: ["x", *texts], {"texts"}),
    "added to others": (lambda texts: ["x"] + texts, {"texts"}),  # noqa: RUF005 - that is the point
    "with others after": (lambda texts: texts + ["x"], {"texts"}),  # noqa: RUF005
    "joined": (",".join, {"texts"}),
    "backwards": (lambda texts: list(reversed(texts)), {"texts"}),
    "compared": (lambda texts: texts == ["a"], {"texts"}),
    "nothing": (lambda _texts: None, set()),
}


@pytest.mark.parametrize("what", READS)
def test_the_part_that_is_read_is_noted(what: str) -> None:
    """And the answer is that of the list itself."""
    read, noted = READS[what]
    record = Record({}, {})
    with recording(record):
        answer = read(Watched(TEXTS, "texts", local=False))

    assert answer == read(TEXTS)
    # Python asks how many there are, before it takes all of them.
    assert record.names - ({"texts#"} if "texts" in noted else set()) == noted


@pytest.mark.parametrize(
    ("path", "value"),
    [("texts", TEXTS), ("texts[:2:]", ["a", "b"]), ("texts[-1]", "c"), ("texts#", 3), ("texts?", True),
     ("texts[7]", MISSING), ("others", MISSING), ("others[0]", MISSING), ("texts.nothing", MISSING)],
)  # fmt: skip
def test_what_was_noted_can_be_found_again(path: str, value: object) -> None:
    """In another build, where it may be other or gone."""
    assert value_at(path, {"texts": TEXTS}) == value
