"""Fill in docs/uat.md for one release: links to staging and to what is live, what is different, and the form.

    python tools/uat.py --url https://staging.… --live https://… --repository owner/name [--release …] [--commit …]

Prints Markdown, for the summary of the run that asks a person for approval. With --from and --to, two environments, it
lists the pages that differ between them.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlencode

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tools.pull_request.comment import plain  # noqa: E402 - the path must be set first
from tools.pull_request.comparing import address_of  # noqa: E402

DOCUMENT = ROOT / "docs" / "uat.md"
FORM = "uat.yml"
STAGING, PRODUCTION = "https://staging.example", "https://production.example"
PLACE = "<!-- what is different -->\n"
# What stands there until it is known.
PARAGRAPH = re.compile(rf"{re.escape(PLACE)}(?:[^\n]+\n)+")
RELATIVE = re.compile(r"\]\((?!https?:|#)([^)\s]+)\)")
REPOSITORY = re.compile(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+")
SITE = re.compile(r"(https?://[A-Za-z0-9.-]+(?::\d+)?)/?")
DIGEST = re.compile(r"[0-9a-z]{1,64}")
MOST_PAGES = 60
MISUSED = 2


class UatError(Exception):
    """The list cannot be filled in: what is wrong, and what to do."""


@dataclass(frozen=True)
class Asked:
    """Which release a person is asked about, and where."""

    staging: str
    live: str
    repository: str
    release: str = ""
    commit: str = ""


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the list."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", default="", help="where the release is to be looked at")
    parser.add_argument("--live", default="", help="what visitors have now")
    parser.add_argument("--repository", default="", help="like owner/name")
    parser.add_argument("--release", default="", help="its digest")
    parser.add_argument("--commit", default="", help="what it was built from (default: main)")
    parser.add_argument("--from", dest="before", default="", metavar="ENV", help="the environment of what is live")
    parser.add_argument("--to", dest="after", default="", metavar="ENV", help="the environment to be looked at")
    chosen = parser.parse_args(arguments)
    try:
        asked = Asked(
            _site("--url", chosen.url),
            _site("--live", chosen.live),
            _fitting("--repository", REPOSITORY, chosen.repository),
            _fitting("--release", DIGEST, chosen.release) if chosen.release else "",
            _fitting("--commit", DIGEST, chosen.commit) if chosen.commit else "",
        )
        differences = _differences(chosen.before, chosen.after) if chosen.before and chosen.after else None
        print(fill_in(DOCUMENT.read_text(encoding="utf-8"), asked, differences), end="")
    except UatError as error:
        print(f"make uat: {error}", file=sys.stderr)
        return MISUSED
    return 0


def _site(option: str, text: str) -> str:
    found = SITE.fullmatch(text.strip())
    if not found:
        raise UatError(f"{option} {text!r} is no address of a site.\n  Give one like https://staging.zichkoding.com.")
    return found[1]


def _fitting(option: str, pattern: re.Pattern[str], text: str) -> str:
    if not pattern.fullmatch(text):
        raise UatError(f"{option} {text!r} cannot be one.\n  See `python tools/uat.py --help`.")
    return text


def _differences(before: str, after: str) -> list[Mapping[str, str]] | None:
    """Ask publish.py what differs; None where nothing is live yet to compare with."""
    command = [sys.executable, str(ROOT / "publish.py"), "diff", before, after, "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        found: list[Mapping[str, str]] = json.loads(done.stdout)
        return found
    if "nothing is live there" in done.stderr:
        return None
    raise UatError(f"what differs between {before} and {after} cannot be found out:\n  {done.stderr.strip()}")


def fill_in(document: str, asked: Asked, differences: Sequence[Mapping[str, str]] | None) -> str:
    """Return the document with its links, what is different, and a way to write down what was found."""
    if differences is not None:
        listed = "\n".join(list_differences(differences, asked))
        document = PARAGRAPH.sub(lambda _: f"{listed}\n", document)
    else:
        document = document.replace(PLACE, "")
    text = document.replace(STAGING, asked.staging).replace(PRODUCTION, asked.live)
    files = f"https://github.com/{asked.repository}/blob/{asked.commit or 'main'}/"
    text = RELATIVE.sub(lambda link: f"]({files}{_from_docs(link[1])})", text)
    return f"{text}\n**[Write down what you found]({form_url(asked)})**\n"


def _from_docs(link: str) -> str:
    """Return a link of the document as the repository has it."""
    return link.removeprefix("../") if link.startswith("../") else f"docs/{link}"


def list_differences(differences: Sequence[Mapping[str, str]], asked: Asked) -> list[str]:
    """Return a line for each page that differs: where it is new, and where it is live, if it is there."""
    pages = [(address_of(one["path"]), one["kind"]) for one in differences if one["path"].endswith(".html")]
    if not pages:
        return ["No page differs from what is live."]
    order = ("added", "changed", "removed")
    pages.sort(key=lambda page: (order.index(page[1]), page[0]))
    lines = [_difference(path, kind, asked) for path, kind in pages[:MOST_PAGES]]
    more = len(pages) - MOST_PAGES
    return [*lines, f"- … and {more:,} more pages: `publish.py diff` lists them."] if more > 0 else lines


def _difference(path: str, kind: str, asked: Asked) -> str:
    name, address = plain(path), quote(path, safe="/")
    live = f"[live]({asked.live}{address})"
    if kind == "removed":
        return f"- [ ] removed: `{name}` ({live})"
    new = f"[`{name}`]({asked.staging}{address})"
    return f"- [ ] {kind}: {new}" if kind == "added" else f"- [ ] {kind}: {new} ({live})"


def form_url(asked: Asked) -> str:
    """Return the address of the form with what is known filled in, each field by its id."""
    known = {
        "template": FORM,
        "title": f"Acceptance of release {asked.release[:12]}".strip(),
        "release": asked.release,
        "staging": asked.staging,
    }
    return f"https://github.com/{asked.repository}/issues/new?{urlencode(known)}"


if __name__ == "__main__":
    sys.exit(main())
