"""A whole cloud in memory for tests: buckets, key-value stores, a clock, edges; and ways to let it fail."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from site_builder.preview.cdn import EdgeCache, Functions, Viewed
from site_builder.preview.edge import EdgeRequest
from site_builder.release.answers import STATUSES
from site_builder.release.apply import Stores
from site_builder.release.commit import Commit
from site_builder.release.functions import Deployed, Part, Traffic, package_digest, read_package
from site_builder.release.guards import Known, Wish
from site_builder.release.ledger import Verdict
from site_builder.release.manifest import Manifest, seal
from site_builder.release.memory import Buckets, MemoryClock, MemoryFunctions, MemoryKeyValues, MemoryObjectStore
from site_builder.release.plan import Action, Plan, Present
from site_builder.release.pointer import Pointer, PointerStore, Release
from site_builder.release.side import in_turn
from site_builder.release.steps import Environment, Files, make_live
from site_builder.release.stores import (
    Clock,
    Found,
    Headers,
    KeyValues,
    ObjectStore,
    Sendable,
    Source,
    StoredObject,
    StoreVersion,
)
from site_builder.release.verify import address_path

ROUTER = Path(__file__).resolve().parents[3] / "infra" / "edge" / "router.js"
Gate = Callable[[str], None]


def open_gate(_: str) -> None:
    """Let every request through."""


class Killed(BaseException):
    """The process dies here: nothing that comes after is done, not even what tidies up after errors."""


@dataclass(frozen=True)
class Gates:
    """What a request passes before and after it is carried out, or refused."""

    there: Gate
    back: Gate

    @contextmanager
    def __call__(self, request: str) -> Iterator[None]:
        """Pass both, with the request between them."""
        self.there(request)
        try:
            yield
        finally:
            self.back(request)


class GatedObjects:
    """An object store each of whose requests passes a gate on its way there and on its way back."""

    def __init__(self, objects: ObjectStore, there: Gate, back: Gate) -> None:
        self._objects = objects
        self._gates = Gates(there, back)

    @property
    def bucket(self) -> str:
        """Name the bucket, as a copy from it does."""
        return self._objects.bucket

    def get(self, key: str) -> StoredObject | None:
        """Return the object, or None where there is none."""
        with self._gates(f"get {key}"):
            return self._objects.get(key)

    def head(self, key: str) -> Found | None:
        """Return what is known of the object, or None where there is none."""
        with self._gates(f"head {key}"):
            return self._objects.head(key)

    def listed(self, prefix: str) -> Mapping[str, Found]:
        """Return every key that begins so."""
        with self._gates(f"list {prefix}"):
            return self._objects.listed(prefix)

    def put(self, key: str, stored: Sendable, *, only_if_absent: bool = False) -> None:
        """Keep the object; raise AlreadyThereError if it must be absent and is not."""
        with self._gates(f"put {key}"):
            self._objects.put(key, stored, only_if_absent=only_if_absent)

    def copy(self, source: Source, key: str, headers: Headers) -> None:
        """Make an object of the source's bytes with these headers."""
        with self._gates(f"copy {key}"):
            self._objects.copy(source, key, headers)

    def delete(self, keys: Collection[str]) -> None:
        """Remove the objects."""
        with self._gates(f"delete {len(keys)}"):
            self._objects.delete(keys)


class GatedKeyValues:
    """A key-value store each of whose requests passes a gate on its way there and on its way back."""

    def __init__(self, values: KeyValues, there: Gate, back: Gate) -> None:
        self._values = values
        self._gates = Gates(there, back)

    def version(self) -> StoreVersion:
        """Return the version that a change must name."""
        with self._gates("version"):
            return self._values.version()

    def get(self, key: str) -> str | None:
        """Return the value, or None where there is none."""
        with self._gates(f"get {key}"):
            return self._values.get(key)

    def update(self, etag: str, puts: Mapping[str, str], deletes: Collection[str] = ()) -> str:
        """Change keys and return the new version."""
        with self._gates(f"update {sorted(puts)[:2]}"):
            return self._values.update(etag, puts, deletes)

    def items(self) -> Mapping[str, str]:
        """Return all keys and values."""
        with self._gates("items"):
            return self._values.items()


class GatedFunctions:
    """Functions each of whose requests passes a gate on its way there and on its way back."""

    def __init__(self, functions: MemoryFunctions, there: Gate, back: Gate) -> None:
        self._functions = functions
        self._gates = Gates(there, back)

    def look(self) -> Deployed:
        """Return what is there."""
        with self._gates("look at the API"):
            return self._functions.look()

    def publish(self, package: str) -> None:
        """Make a version."""
        with self._gates(f"publish {package}"):
            self._functions.publish(package)

    def invoke(self, part: Part, package: str, event: Mapping[str, Any]) -> Mapping[str, Any]:
        """Run a version."""
        with self._gates(f"invoke {part} {package}"):
            return self._functions.invoke(part, package, event)

    def shift(self, traffic: Traffic) -> None:
        """Let the traffic be this."""
        with self._gates(f"shift {traffic}"):
            self._functions.move(traffic)
        with self._gates(f"follow {traffic}"):
            self._functions.follow()

    def remove(self, package: str) -> None:
        """Remove versions."""
        with self._gates(f"remove {package}"):
            self._functions.remove(package)


class Quiet:
    """Hears everything and says nothing."""

    def planned(self, plan: Plan, present: Present) -> None:
        """Hear the plan."""

    def done(self, action: Action) -> None:
        """Hear that an action was done."""


@dataclass
class Place:
    """One environment of the cloud, as it is behind every gate."""

    name: str
    objects: MemoryObjectStore
    values: MemoryKeyValues
    clock: Clock
    # None where the environment is a site alone.
    functions: MemoryFunctions | None = None

    def stores(self, there: Gate = open_gate, back: Gate = open_gate) -> Stores:
        """Return doors that lead through these gates."""
        return Stores(
            GatedObjects(self.objects, there, back),
            PointerStore(GatedKeyValues(self.values, there, back), self.clock),
            self.clock,
            in_turn,
            in_turn,
            GatedFunctions(self.functions, there, back) if self.functions else None,
        )

    def environment(self, there: Gate = open_gate, back: Gate = open_gate, by: str = "a test") -> Environment:
        """Return the environment as a command has it."""
        return Environment(self.name, self.stores(there, back), by, Quiet(), "because")

    @property
    def pointer(self) -> Pointer:
        """Return what is live."""
        return PointerStore(self.values, self.clock).read()


@dataclass
class Cloud:
    """Three environments under one clock."""

    clock: MemoryClock = field(default_factory=MemoryClock)
    buckets: Buckets = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    with_api: bool = False

    def __getitem__(self, name: str) -> Place:
        """Return an environment, new and empty if nobody has asked for it before."""
        if name not in self.places:
            objects = MemoryObjectStore(name, self.buckets, self.clock.now)
            functions = MemoryFunctions(objects) if self.with_api else None
            self.places[name] = Place(name, objects, MemoryKeyValues(), self.clock, functions)
        return self.places[name]


MOVED = {"to": "/same/", "status": 308}


def _old(number: int) -> str:
    return f"/old-{number}/"


def write_output(folder: Path, number: int, pages: int = 3) -> Path:
    """Write an output of which some pages are the same in every release, and others in none.

    Each page names the number that it was made with, the style that it needs, and nothing else.
    """
    style = f"assets/site.{number:010x}.css"
    files = {
        "index.html": f'<h1>{number}</h1><link href="/{style}">',
        "404.html": f"<h1>{number}: not found</h1>",
        "410.html": f"<h1>{number}: gone</h1>",
        "same/index.html": "<h1>always the same</h1>",
        style: f"h1 {{ order: {number} }}",
        "assets/shared.00000000ff.css": "p {}",
        "redirects.json": json.dumps({"/gone/": {"status": 410}, **dict.fromkeys(map(_old, range(3)), MOVED)}),
    }
    files |= {f"p{one}/index.html": f'<h1>{number}</h1><link href="/{style}">' for one in range(pages)}
    for path, text in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return folder


@dataclass(frozen=True)
class Made:
    """A release that can be deployed, and the commit that it is of."""

    output: Path
    manifest: Manifest
    release: Release
    package: Path | None = None

    @property
    def files(self) -> Files:
        """Return where its bytes are."""
        return Files(self.output, package=self.package)

    def wish(self, stage: str = "dev", **more: object) -> Wish:
        """Return the wish for it to become live."""
        wish = Wish(stage, self.manifest, self.release, Commit(self.release.commit or "", self.release.committed))
        passed = Known(verdict=Verdict(True, "a test", 0))
        return Wish(**{**vars(wish), "known": lambda: passed, **more})


def make_release(folder: Path, number: int, pages: int = 3, *, with_api: bool = False) -> Made:
    """Write and seal an output of the commit of that number, and an API of it where one is wanted."""
    output = write_output(folder / f"output-{number}", number, pages)
    manifest = seal(output)
    package = write_package(folder / f"api-{number}.zip", number) if with_api else None
    api = package_digest(read_package(package)) if package else None
    return Made(output, manifest, Release(manifest.digest, f"{number:040x}", 1_700_000_000 + number, api), package)


def write_package(file: Path, number: int) -> Path:
    """Write an API's package that differs by its number."""
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(zipfile.ZipInfo("app.py"), f"# {number}")
        archive.writestr(zipfile.ZipInfo("migrate.py"), "")
    return file


def deploy(place: Place, made: Made, there: Gate = open_gate, back: Gate = open_gate, **more: object) -> str:
    """Deploy it and return its digest."""
    make_live(place.environment(there, back), made.wish(place.name, allow_shrink=True, **more), made.files)
    return made.release.digest


def view(place: Place, path: str, decide: Functions, ip: str = "192.0.2.1", host: str = "site.example") -> Viewed:
    """Ask for an address at an edge that has nothing in its cache and knows everything."""
    edge = EdgeCache(decide, place.objects, decide.finish)
    return edge.answer(EdgeRequest("GET", path, ip=ip, headers={"host": host}), place.values.items(), 0.0)


def whole_release(place: Place, releases: Collection[Made], decide: Functions) -> Made:
    """Return the one release that every address of the site is answered from, whichever is asked for."""
    live = place.pointer.digest
    made = next(one for one in releases if one.release.digest == live)
    for entry in made.manifest.entries:
        if entry.path in {"404.html", *STATUSES}:
            continue
        seen = view(place, address_path(entry.path), decide)
        assert seen.status == 200, (entry.path, seen.status)
        assert seen.body == (made.output / entry.path).read_bytes(), entry.path
        assert seen.headers["content-type"] == entry.content_type
    for path, answer in made.manifest.redirects:
        assert view(place, path, decide).status == json.loads(answer)["status"], path
    assert view(place, "/nowhere/", decide).status == 404
    return made
