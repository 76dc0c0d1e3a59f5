"""Look at the live site through its address, and at the bucket, and say what is not as it was sealed."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol
from urllib.parse import quote

from site_builder.release.answers import STATUSES
from site_builder.release.apply import Stores, stored_keys
from site_builder.release.connections import Answer, Connections, NoAnswerError
from site_builder.release.functions import VERSION_PATH, Deployed, describe_traffic, judge_answer, traffic_for
from site_builder.release.manifest import NOT_FOUND_PAGE, Entry, Manifest, release_prefix
from site_builder.release.pointer import Pointer
from site_builder.release.stores import Clock

RELEASE_HEADER = "x-amz-meta-release"
# Nothing was ever published there.
NOWHERE = "/there-is-no-such-page-and-never-was/"
SAMPLE = 60
# Edges learn of a flip over some seconds; so long nobody calls an old page wrong, and asks again.
PATIENCE_SECONDS = 60.0
PAUSE = 0.5
GONE = 410
NOT_FOUND = 404
THE_API = "the API"


class Address(Protocol):
    """Answers as a visitor's browser would be answered."""

    def ask(self, path: str) -> Answer:
        """Return the answer to a GET of the path; raise NoAnswerError where there is none."""


class SiteAddress:
    """Asks a site over the network."""

    def __init__(self, url: str) -> None:
        self._connections = Connections(url.rstrip("/"))

    def ask(self, path: str) -> Answer:
        """Return the answer to a GET of the path; raise NoAnswerError where there is none."""
        headers = {"host": self._connections.host, "accept-encoding": "identity", "user-agent": "zichkoding-verify"}
        try:
            return self._connections.ask("GET", path, headers)
        except NoAnswerError:
            # A connection that was kept may have been closed meanwhile; a new one tells.
            return self._connections.ask("GET", path, headers)

    def close(self) -> None:
        """Let the connections go."""
        self._connections.close()


@dataclass(frozen=True)
class Drift:
    """Something that is not as it was sealed."""

    where: str
    what: str


@dataclass(frozen=True)
class Question:
    """One thing to ask, and what is wrong with an answer; None where nothing is."""

    path: str
    judge: Callable[[Answer], str | None]


def address_path(path: str) -> str:
    """Return where a file of the output is asked for, as a browser writes it."""
    shown = path.removesuffix("index.html") if path == "index.html" or path.endswith("/index.html") else path
    return "/" + quote(shown, safe="/-_.~!*'()")


def questions(manifest: Manifest, most: int | None) -> list[Question]:
    """Return what to ask: everything, or the home page, a 404, and a sample of the rest."""
    files = [entry for entry in manifest.entries if entry.path not in {NOT_FOUND_PAGE, *STATUSES}]
    moved = list(manifest.redirects)
    if most is not None:
        # Always the same sample of a release, so that a second look is at the same.
        chosen = random.Random(manifest.digest)  # noqa: S311 - no secret
        home = [entry for entry in files if entry.path == "index.html"]
        files = home + chosen.sample(files, min(most, len(files)))
        moved = chosen.sample(moved, min(most, len(moved)))
    nowhere = Question(NOWHERE, partial(_judge_nowhere, manifest.by_path[NOT_FOUND_PAGE]))
    asked = [Question(address_path(entry.path), partial(_judge_file, entry, manifest.digest)) for entry in files]
    told = [Question(quote(path, safe="/-_.~%!*'()"), partial(_judge_moved, json.loads(said))) for path, said in moved]
    return [nowhere, *asked, *told]


def _judge_file(entry: Entry, digest: str, answer: Answer) -> str | None:
    if answer.status != 200:  # noqa: PLR2004 - the one that is right
        return f"it is answered with {answer.status}"
    if hashlib.sha256(answer.body).hexdigest() != entry.sha256:
        return f"its {len(answer.body):,} bytes are not the {entry.size:,} that were sealed"
    wanted = {"content-type": entry.content_type, "cache-control": entry.cache_control}
    wanted |= {} if entry.is_asset else {RELEASE_HEADER: digest}
    for name, value in wanted.items():
        if answer.headers.get(name, "") != value:
            return f"its {name} is {answer.headers.get(name, '')!r}, and {value!r} was sealed"
    return None


def _judge_nowhere(entry: Entry, answer: Answer) -> str | None:
    if answer.status != NOT_FOUND:
        return f"what is not there is answered with {answer.status}"
    if hashlib.sha256(answer.body).hexdigest() != entry.sha256:
        return "what is not there is not answered with this release's 404 page"
    return None


def _judge_moved(said: Mapping[str, object], answer: Answer) -> str | None:
    if answer.status != said["status"]:
        return f"it is answered with {answer.status}, and {said['status']} was sealed"
    if "to" in said and answer.headers.get("location") != said.get("to"):
        return f"it leads to {answer.headers.get('location')!r}, and {said.get('to')!r} was sealed"
    return None


def api_question(number: str) -> Question:
    """Return what the API is asked: which version it is, by the number that it has here."""

    def judge(answer: Answer) -> str | None:
        return judge_answer(VERSION_PATH, answer.status, answer.body.decode(errors="replace"), number)

    return Question(VERSION_PATH, judge)


def find_api_drift(pointer: Pointer, deployed: Deployed) -> tuple[Drift, ...]:
    """Compare whom the API's requests go to with what the pointer says."""
    aim = traffic_for(pointer, deployed)
    if deployed.traffic != aim:
        what = f"its requests go to {describe_traffic(deployed.traffic)}, not to {describe_traffic(aim)}"
        return (Drift(THE_API, what),)
    return tuple(Drift(name, f"it does not run {aim.live}, which is live") for name in deployed.behind)


def verify_site(asked: Sequence[Question], site: Address, stores: Stores, *, patience: float) -> tuple[Drift, ...]:
    """Ask, and ask again what was wrong until it is right or the edges had time enough to learn of it."""
    clock: Clock = stores.clock
    end = clock.now() + patience
    while True:
        answers = stores.each(lambda question: _asked(question, site), asked)
        wrong = [(question, drift) for question, drift in zip(asked, answers, strict=True) if drift]
        if not wrong or clock.now() >= end:
            return tuple(drift for _, drift in wrong)
        asked = [question for question, _ in wrong]
        clock.sleep(PAUSE)


def _asked(question: Question, site: Address) -> Drift | None:
    try:
        wrong = question.judge(site.ask(question.path))
    except NoAnswerError as error:
        wrong = f"there is no answer: {error}"
    return Drift(question.path, wrong) if wrong else None


def find_drift(manifest: Manifest, stores: Stores) -> tuple[Drift, ...]:
    """Compare the bucket with the manifest by listing: what is missing, what has another size, what is too much."""
    keys = stored_keys(manifest, stores)
    return tuple(_drift(manifest, {key: found.size for key, found in keys.items()}))


def _drift(manifest: Manifest, sizes: Mapping[str, int]) -> Iterator[Drift]:
    wanted = {manifest.key(entry): entry for entry in manifest.entries}
    if manifest.manifest_key not in sizes:
        yield Drift(manifest.manifest_key, "the manifest is missing")
    for key, entry in wanted.items():
        if key not in sizes:
            yield Drift(key, "it is missing")
        elif sizes[key] != entry.size:
            yield Drift(key, f"it has {sizes[key]:,} bytes, and {entry.size:,} were sealed")
    for key in sizes:
        # Assets are shared with other releases: those that this one does not show are no concern of it.
        if key.startswith(release_prefix(manifest.digest)) and key not in wanted:
            yield Drift(key, "it belongs to no file of the release")


def find_changed_bytes(manifest: Manifest, entries: Sequence[Entry], stores: Stores) -> tuple[Drift, ...]:
    """Ask the store for the hash of each file, which it was told when it got the bytes."""
    found = stores.each(lambda entry: stores.objects.head(manifest.key(entry)), entries)
    return tuple(
        Drift(manifest.key(entry), "its bytes are not those that were sealed")
        for entry, known in zip(entries, found, strict=True)
        if known and known.sha256 and known.sha256 != entry.sha256
    )
