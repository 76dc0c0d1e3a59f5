"""Ask whether pages of others that we link to are still there: on demand, politely, and each once in a while.

Never in a build: whether it may be published must not depend on somebody else's server.
"""

from __future__ import annotations

import json
import os
import re
import time
import urllib.error
import urllib.request
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit

from site_builder.checks.findings import ERROR, WARNING, Finding
from site_builder.checks.markup import Link

# How long an answer is believed: that a page is there, for a week; that it is not, until the next time somebody asks.
BELIEVED_SECONDS = 7 * 86_400
# One question at a time to a host, and a pause before the next one.
PAUSE_SECONDS = 1.0
HOSTS_AT_ONCE = 8
TIMEOUT_SECONDS = 15
AGENT = "Mozilla/5.0 (compatible; ZichKoding link check; +{origin}/)"
# Some servers know no HEAD, or take it for a robot's; they are asked for the page itself.
ASK_AGAIN = frozenset({400, 403, 404, 405, 406, 429, 500, 501, 503})
ADDRESS = re.compile(r"https?://[^\s)>\"'\]`]+")
LOST = frozenset({404, 410})
# "Not you" and "not now" say nothing of the page.
NO_ANSWER = frozenset({401, 403, 407, 429, 999})


@dataclass(frozen=True)
class Answer:
    """What a host said of an address, and when; status 0 where it said nothing."""

    status: int
    words: str
    asked: float
    moved: str = ""


Ask = Callable[[str], Answer]


@dataclass(frozen=True)
class Place:
    """Where an address is linked."""

    path: Path
    link: Link


def places_in_sources(content: Path) -> dict[str, list[Place]]:
    """Return where in the texts each address of another site stands: there it is mended, not in a page."""
    found: dict[str, list[Place]] = defaultdict(list)
    for path in sorted(content.rglob("*.md")):
        text = path.read_text(encoding="utf-8", errors="replace")
        for number, line in enumerate(text.splitlines(), start=1):
            for address in ADDRESS.finditer(line):
                target = address.group().rstrip(".,;:!?*_")
                found[target].append(Place(path, Link(target, number, address.start() + 1, loads=False)))
    return found


def where_to_mend(in_pages: Iterable[Place], in_sources: Mapping[str, list[Place]]) -> list[Place]:
    """Return the places in texts of what pages link; what comes from a template has its first page."""
    places: dict[str, list[Place]] = {}
    for place in in_pages:
        target = place.link.target
        places.setdefault(target, in_sources.get(target) or [place])
    return [place for those in places.values() for place in those]


def check_external(places: Iterable[Place], cache: Path, ask: Ask, now: float, pause: float) -> list[Finding]:
    """Return which links to other sites lead nowhere."""
    by_address: dict[str, list[Place]] = defaultdict(list)
    for place in places:
        by_address[place.link.target.partition("#")[0]].append(place)
    known = _read_cache(cache, now)
    answers = {address: known[address] for address in by_address if address in known}
    answers.update(_ask_all(sorted(by_address.keys() - answers.keys()), ask, pause))
    _write_cache(cache, {**known, **answers})
    return sorted(_findings(by_address, answers))


def _findings(by_address: Mapping[str, list[Place]], answers: Mapping[str, Answer]) -> Iterator[Finding]:
    for address, places in by_address.items():
        said = _said(address, answers[address])
        if said is not None:
            for place in places:
                yield Finding(place.path, place.link.line, place.link.column, *said)


def _said(address: str, answer: Answer) -> tuple[str, str, str, str] | None:
    if answer.status in LOST:
        return "link-dead", f"{address} is not there any more ({answer.status})", "Link another page, or none.", ERROR
    if answer.status == 0:
        todo = "Look whether the address is right; perhaps the server is away for a moment."
        return "link-unanswered", f"{address} cannot be reached: {answer.words}", todo, WARNING
    if answer.status >= 400 and answer.status not in NO_ANSWER:  # noqa: PLR2004 - from here on, an error
        return "link-unanswered", f"{address} answers with {answer.status}", "Look at it in a browser.", WARNING
    if answer.moved:
        return "link-moved", f"{address} has moved for ever to {answer.moved}", "Link the new address.", WARNING
    return None


# --- Asking


def _ask_all(addresses: Iterable[str], ask: Ask, pause: float) -> dict[str, Answer]:
    hosts: dict[str, list[str]] = defaultdict(list)
    for address in addresses:
        hosts[urlsplit(address).netloc].append(address)

    def ask_host(those: list[str]) -> list[tuple[str, Answer]]:
        answers = []
        for number, address in enumerate(those):
            if number:
                time.sleep(pause)
            answers.append((address, ask(address)))
        return answers

    with ThreadPoolExecutor(HOSTS_AT_ONCE) as pool:
        return dict(pair for answers in pool.map(ask_host, hosts.values()) for pair in answers)


class _NotingRedirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects, and notes where one that is for ever leads."""

    def __init__(self) -> None:
        self.moved = ""

    def redirect_request(self, req, fp, code, msg, headers, newurl):  # type: ignore[no-untyped-def]  # noqa: ANN001,ANN202,PLR0917
        """Follow a redirect."""
        if code in (301, 308):
            self.moved = newurl
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def ask_by_http(origin: str) -> Ask:
    """Return what asks a host for an address: without the page where that will do, else with it."""

    def ask(address: str) -> Answer:
        answer = _ask_once(address, "HEAD", origin)
        return _ask_once(address, "GET", origin) if answer.status in ASK_AGAIN or answer.status == 0 else answer

    return ask


def _ask_once(address: str, method: str, origin: str) -> Answer:
    redirects = _NotingRedirects()
    opener = urllib.request.build_opener(redirects)
    headers = {"User-Agent": AGENT.format(origin=origin), "Accept": "text/html,*/*;q=0.8"}
    request = urllib.request.Request(address, method=method, headers=headers)  # noqa: S310 - http and https alone
    try:
        with opener.open(request, timeout=TIMEOUT_SECONDS) as response:
            return Answer(response.status, "", time.time(), redirects.moved)
    except urllib.error.HTTPError as error:
        return Answer(error.code, str(error.reason), time.time())
    except (urllib.error.URLError, OSError, ValueError) as error:
        return Answer(0, str(getattr(error, "reason", error)), time.time())


# --- What was answered before


def _read_cache(cache: Path, now: float) -> dict[str, Answer]:
    try:
        said = {address: Answer(**answer) for address, answer in json.loads(cache.read_text()).items()}
    except (OSError, ValueError, TypeError):
        return {}
    return {
        address: answer
        for address, answer in said.items()
        if now - answer.asked < BELIEVED_SECONDS and _said(address, answer) is None
    }


def _write_cache(cache: Path, answers: Mapping[str, Answer]) -> None:
    cache.parent.mkdir(parents=True, exist_ok=True)
    draft = cache.with_name(f".{cache.name}.{os.getpid()}")
    draft.write_text(json.dumps({address: asdict(answer) for address, answer in sorted(answers.items())}, indent=1))
    draft.replace(cache)
