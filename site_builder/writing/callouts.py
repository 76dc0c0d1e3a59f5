"""Callouts as GitHub writes them: a quotation that begins with `[!NOTE]`, `[!TIP]`, `[!WARNING]` and the like."""

from __future__ import annotations

from markdown_callouts.github_callouts import GitHubCalloutsExtension

# The library keeps nothing between two texts; see site_builder.engine.trust.
PURE = True


def makeExtension(**options: object) -> GitHubCalloutsExtension:  # noqa: N802 - the library's name
    """Return the extension."""
    return GitHubCalloutsExtension(**options)
