"""The CDN at home makes the mistakes that CloudFront makes, and no others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

from site_builder.preview.cdn import BARE, EdgeCache, Functions, Views, lifetime
from site_builder.preview.edge import EdgeForward, EdgeRequest, EdgeResponse
from site_builder.release.stores import StoredObject
from tests.site_builder.release.cloud import ROUTER

LIVE = {"live": '{"live":"a1"}'}
PAGE = "public, max-age=0, s-maxage=100"


class CountingOrigin:
    """An origin that counts what it is asked for, and may be down."""

    def __init__(self) -> None:
        self.objects: dict[str, StoredObject] = {"404.html": StoredObject(b"no such page", "text/html", PAGE)}
        self.asked: list[str] = []
        self.down = False

    def get(self, key: str) -> StoredObject | None:
        """Return the object."""
        self.asked.append(key)
        if self.down:
            raise OSError("the origin does not answer")
        return self.objects.get(key)

    def put(self, key: str, body: bytes, caching: str = PAGE) -> None:
        """Keep an object."""
        self.objects[key] = StoredObject(body, "text/html", caching, {"release": "a1"})


@pytest.fixture
def origin() -> CountingOrigin:
    """Return an origin with a home page."""
    made = CountingOrigin()
    made.put("releases/a1/index.html", b"home")
    return made


@pytest.fixture(scope="module")
def decide() -> Iterator[Functions]:
    """Return the real edge function."""
    function = Functions(ROUTER.parent)
    yield function
    function.close()


@pytest.fixture
def edge(origin: CountingOrigin, decide: Functions) -> EdgeCache:
    """Return an edge in front of it."""
    return EdgeCache(decide, origin, decide.finish)


def get(path: str, query: str = "", **headers: str) -> EdgeRequest:
    """Return a request."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return EdgeRequest("GET", path, query, headers={"host": "site.example", **named})


def test_a_page_is_asked_for_once_while_it_may_be_kept(edge: EdgeCache, origin: CountingOrigin) -> None:
    """Then again, and kept on if it is the same."""
    seen = [edge.answer(get("/"), LIVE, now).cache for now in (0, 99, 101, 150)]
    origin.put("releases/a1/index.html", b"other")
    later = edge.answer(get("/"), LIVE, 300)

    assert seen == ["miss", "hit", "refresh", "hit"]
    assert (later.cache, later.body) == ("miss", b"other")
    assert origin.asked == ["releases/a1/index.html"] * 3


def test_neither_query_nor_cookie_nor_host_makes_another_page(edge: EdgeCache, origin: CountingOrigin) -> None:
    """The rewritten path alone is the key."""
    edge.answer(get("/"), LIVE, 0)
    edge.answer(get("/", "a=1"), LIVE, 0)
    edge.answer(get("/", cookie="a=1", host="www.site.example"), LIVE, 0)

    assert len(origin.asked) == 1


def test_another_release_is_another_page(edge: EdgeCache, origin: CountingOrigin) -> None:
    """So a flip needs no invalidation; and going back finds the cache warm."""
    origin.put("releases/b2/index.html", b"new home")
    seen = [edge.answer(get("/"), {"live": f'{{"live":"{live}"}}'}, 0) for live in ("a1", "b2", "a1")]

    assert [(one.body, one.cache) for one in seen] == [(b"home", "miss"), (b"new home", "miss"), (b"home", "hit")]


def test_what_is_not_there_is_the_site_s_own_page_and_not_remembered(edge: EdgeCache, origin: CountingOrigin) -> None:
    """What is missing now may be there for the next who asks."""
    before = edge.answer(get("/late/"), LIVE, 0)
    origin.put("releases/a1/late/index.html", b"here now")
    after = edge.answer(get("/late/"), LIVE, 0)

    assert (before.status, before.body, before.cache) == (404, b"no such page", "error")
    assert after.status == 200


def test_the_page_for_404_is_fetched_without_the_edge_function(edge: EdgeCache, origin: CountingOrigin) -> None:
    """It lies outside of every release; where there is none, visitors get the bucket's own refusal."""
    edge.answer(get("/late/"), LIVE, 0)
    del origin.objects["404.html"]
    kept = edge.answer(get("/later/"), LIVE, 50)
    none = edge.answer(get("/latest/"), LIVE, 101)

    assert "404.html" in origin.asked
    assert (kept.body, none.status, none.body) == (b"no such page", 404, BARE)


def test_an_origin_that_is_down_is_not_noticed_for_what_is_kept(edge: EdgeCache, origin: CountingOrigin) -> None:
    """Better an old page than none; what was never asked for cannot be had."""
    edge.answer(get("/"), LIVE, 0)
    origin.down = True

    assert edge.answer(get("/"), LIVE, 500).body == b"home"
    assert edge.answer(get("/other/"), LIVE, 500).status == 503


def test_a_browser_that_has_the_page_is_told_so(edge: EdgeCache) -> None:
    """By its ETag, strong or weak, among others, or by a star."""
    etag = edge.answer(get("/"), LIVE, 0).headers["etag"]
    asked = (etag, f"W/{etag}", f'"x", {etag}', "*", '"x"')
    seen = [edge.answer(get("/", if_none_match=one), LIVE, 0) for one in asked]

    assert [one.status for one in seen] == [304, 304, 304, 304, 200]
    assert [one.body for one in seen] == [b"", b"", b"", b"", b"home"]


def test_what_the_function_answers_is_never_kept(origin: CountingOrigin) -> None:
    """It runs for every request."""
    answers: Iterator[EdgeForward | EdgeResponse] = iter(
        [EdgeResponse(503, {}), EdgeForward("/releases/a1/index.html")]
    )
    edge = EdgeCache(lambda *_: next(answers), origin, lambda *answer: answer)

    assert [edge.answer(get("/"), {}, 0).status for _ in range(2)] == [503, 200]


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("public, max-age=0, s-maxage=31536000, must-revalidate", 31_536_000),
        ("max-age=5", 5),
        ("s-maxage=5, max-age=9", 5),
        ("s-maxage=99999999999", 31_536_000),
        ("private, max-age=5", 0),
        ("no-store", 0),
        ("no-cache, s-maxage=5", 0),
        ("", 0),
    ],
)
def test_an_object_says_how_long_it_is_kept(said: str, seconds: float) -> None:
    """By what it says to shared caches, before what it says to all."""
    assert lifetime(said) == seconds


def test_an_edge_sees_the_store_as_it_was() -> None:
    """Some seconds ago; and whatever it may see is known."""
    views = Views({}, 0)
    second: Mapping[str, str] = {"live": "2"}
    views.changed({"live": "1"}, 10)
    views.changed(second, 20)
    views.changed(dict(second), 25)

    assert [views.seen(now, 5) for now in (0, 14, 15, 24, 25, 99)] == [
        {},
        {},
        {"live": "1"},
        {"live": "1"},
        second,
        second,
    ]
    assert views.possible(21, 5) == [{"live": "1"}, second]
    assert views.possible(99, 5) == [second]
