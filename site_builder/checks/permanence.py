"""Addresses are for ever: what was published once is a page, a redirect, or said to be gone."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping

from site_builder.checks.findings import Finding
from site_builder.sources.addresses import Addresses, address_of

REDIRECTS_FILE = "redirects.json"


def check_permanence(
    addresses: Addresses, files: Collection[str], redirects: Mapping[str, object]
) -> Iterator[Finding]:
    """Find addresses that a build with these files and redirects would lose."""
    for stray in addresses.strays:
        what = f"`{stray.text}` is no address"
        todo = "Write a path like /blog/a-post/, perhaps with the word gone after it."
        yield Finding(addresses.file, stray.line, 1, "url-list", what, todo)
    there = {address for file in files if (address := address_of(file))}
    for one in addresses.listed:
        if one.gone and one.path in there:
            what = f"{one.path} is said to be gone, and there is a page"
            yield Finding(addresses.file, one.line, 1, "url-not-gone", what, "Take the word gone from the line.")
        elif not one.gone and one.path not in there and one.path not in redirects:
            what = f"{one.path} was published, and this build has neither a page nor a redirect there"
            todo = (
                f"Add `Aliases: {one.path}` to the text that took its place, or write `{one.path} gone` in this line."
            )
            yield Finding(addresses.file, one.line, 1, "url-lost", what, todo)


def read_redirects(text: bytes | None) -> Mapping[str, object]:
    """Read the redirects that a build wrote."""
    found: Mapping[str, object] = json.loads(text) if text else {}
    return found
