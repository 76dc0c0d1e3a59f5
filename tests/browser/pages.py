"""Where each template is shown, for tests that look at all of them."""

from __future__ import annotations

from tests.serving import GONE

# One page of each template but that of a closed site, and the posts with the most kinds of things, the widest tables
# and the longest lines.
TEMPLATES = (
    "/",
    "/about/",
    "/contact/",
    "/contact/thank-you/",
    "/newsletter/",
    "/account/",
    "/inbox/",
    "/blog/",
    "/blog/what-a-post-can-hold/",
    "/blog/where-a-build-spends-its-time/",
    "/blog/one-pure-function-at-the-edge/",
    "/archive/",
    "/archive/2026/",
    "/topics/",
    "/topics/api/",
    "/tags/",
    "/tags/testing/",
    "/authors/zichkoding/",
    "/search/?q=form",
    "/no/such/page/",
    GONE,
)
