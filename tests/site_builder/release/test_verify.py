"""Whatever a visitor would get that was not sealed is found, and named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from site_builder.preview.cdn import Functions
from site_builder.release.connections import Answer, NoAnswerError
from site_builder.release.functions import Deployed, Traffic
from site_builder.release.pointer import Pointer, Release
from site_builder.release.verify import Drift, find_api_drift, questions, verify_site
from tests.site_builder.release.cloud import ROUTER, Cloud, Made, Place, deploy, make_release, view

Spoil = Callable[[str, Answer], Answer]


class Visited:
    """The site as visitors get it, and what somebody makes of it on the way."""

    def __init__(self, place: Place, decide: Functions, spoil: Spoil = lambda _, answer: answer) -> None:
        self._place = place
        self._decide = decide
        self._spoil = spoil

    def ask(self, path: str) -> Answer:
        """Return the answer to a GET of the path."""
        seen = view(self._place, path, self._decide)
        return self._spoil(path, Answer(seen.status, seen.headers, seen.body))


@pytest.fixture
def made(cloud: Cloud, tmp_path: Path) -> Made:
    """Return a release that is live."""
    one = make_release(tmp_path, 1)
    deploy(cloud["dev"], one)
    return one


def found(cloud: Cloud, made: Made, spoil: Spoil, patience: float = 0.0) -> list[Drift]:
    """Verify all of it, with something wrong on its way."""
    decide = Functions(ROUTER.parent)
    site = Visited(cloud["dev"], decide, spoil)
    drift = verify_site(questions(made.manifest, None), site, cloud["dev"].stores(), patience=patience)
    decide.close()
    return list(drift)


def test_a_site_that_is_as_it_was_sealed_is_right(cloud: Cloud, made: Made) -> None:
    """Every file, every redirect, what is gone and what is not there."""
    asked = {question.path for question in questions(made.manifest, None)}

    assert found(cloud, made, lambda _, answer: answer) == []
    assert {"/", "/p0/", "/gone/", "/old-0/", "/assets/site.0000000001.css"} <= asked


@pytest.mark.parametrize(
    ("path", "change", "words"),
    [
        ("/p0/", {"status": 500}, "answered with 500"),
        ("/p0/", {"body": b"other"}, "are not the"),
        ("/p0/", {"headers": {}}, "content-type is ''"),
        ("/gone/", {"status": 404}, "answered with 404, and 410 was sealed"),
        ("/old-0/", {"headers": {"location": "/elsewhere/"}}, "leads to '/elsewhere/'"),
        ("/there-is-no-such-page-and-never-was/", {"status": 200}, "answered with 200"),
        ("/there-is-no-such-page-and-never-was/", {"body": b"x"}, "404 page"),
    ],
)
def test_what_is_wrong_is_named(cloud: Cloud, made: Made, path: str, change: dict[str, object], words: str) -> None:
    """By its address, and what it is instead."""

    def spoil(asked: str, answer: Answer) -> Answer:
        return replace(answer, **change) if asked == path else answer  # type: ignore[arg-type] # one field of each type

    drift = found(cloud, made, spoil)

    assert [one.where for one in drift] == [path]
    assert words in drift[0].what


def test_the_page_of_another_release_is_wrong_even_if_its_bytes_are_the_same(cloud: Cloud, made: Made) -> None:
    """It says of which it is."""

    def spoil(asked: str, answer: Answer) -> Answer:
        headers = {**answer.headers, "x-amz-meta-release": "other"}
        return replace(answer, headers=headers) if asked == "/same/" else answer

    assert [one.where for one in found(cloud, made, spoil)] == ["/same/"]


def test_an_edge_that_is_late_is_waited_for(cloud: Cloud, made: Made) -> None:
    """And no longer than that."""
    end = cloud.clock.now() + 5

    def late(_: str, answer: Answer) -> Answer:
        if cloud.clock.now() < end:
            raise NoAnswerError("not yet")
        return answer

    assert found(cloud, made, late, patience=10) == []
    assert cloud.clock.now() < end + 2
    assert found(cloud, made, lambda _, answer: replace(answer, status=503), patience=10)


def test_a_sample_is_always_the_same_and_has_the_home_page(made: Made) -> None:
    """So that a second look is at the same."""
    samples = [[question.path for question in questions(made.manifest, 2)] for _ in range(2)]

    assert samples[0] == samples[1]
    assert "/" in samples[0]
    assert len(samples[0]) < len(questions(made.manifest, None))


@pytest.mark.parametrize(
    ("deployed", "words"),
    [
        (Deployed({"b" * 32: "2"}, Traffic("b" * 32)), []),
        (Deployed({"b" * 32: "2"}, Traffic("a" * 32)), [f"its requests go to {'a' * 32}, not to {'b' * 32}"]),
        (Deployed({"b" * 32: "2"}, Traffic("b" * 32), ("work",)), [f"it does not run {'b' * 32}, which is live"]),
    ],
    ids=["right", "elsewhere", "behind"],
)
def test_an_api_that_is_not_what_the_pointer_says_is_named(deployed: Deployed, words: list[str]) -> None:
    """Its requests, and what should go with what is live."""
    pointer = Pointer(live=Release("d" * 16, api="b" * 32))

    assert [one.what for one in find_api_drift(pointer, deployed)] == words
