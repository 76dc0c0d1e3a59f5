"""The edge function decides as its cases say, and lets no address reach behind the site."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from site_builder.preview.edge import (
    IMPORT_LINE,
    EdgeError,
    EdgeForward,
    EdgeFunction,
    EdgeRequest,
    EdgeResponse,
    StatusFunction,
)

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "infra" / "edge" / "router.js"
STATUS_FILE = FILE.with_name("status.js")
SOURCE = FILE.read_text()
CASES: list[dict[str, Any]] = json.loads((ROOT / "tests" / "contracts" / "edge.json").read_text())
LIVE = {"live": '{"live":"a1"}'}
LARGEST = 10 * 1024
EDGE = EdgeFunction(SOURCE, lambda: LIVE)

# Runs every case in an engine of its own process, with a stand-in for the module that only CloudFront has. Each line of
# its output is one case: what was decided, and which keys were read.
STORE = """
let keyValues = {};
let reads = [];
function get(key) {
  reads.push(key);
  return key in keyValues ? Promise.resolve(JSON.parse(keyValues[key])) : Promise.reject(new Error('no such key'));
}
const cf = { kvs: function () { return { get: get }; } };
"""
RUN = """
async function run() {
  for (let i = 0; i < cases.length; i++) {
    keyValues = cases[i].kvs;
    reads = [];
    let got = null;
    try { got = await handler(cases[i].event); } catch (error) { got = { uri: 'failed: ' + error }; }
    const decided = got.statusCode === undefined ? { uri: got.uri } : { status: got.statusCode };
    if (got.headers && got.headers.location) { decided.location = got.headers.location.value; }
    console.log(JSON.stringify({ decided: decided, reads: reads }));
  }
}
run();
"""
# Syntax that Node and QuickJS take and CloudFront's engine does not.
NOT_IN_CLOUDFRONT = {
    "a class": r"^\s*class\s",
    "spread or rest": r"\.\.\.\w",
    "optional chaining": r"\?\.\w",
    "nullish coalescing": r"\?\?",
    "destructuring": r"\b(?:const|let|var)\s*[\[{]",
    "an async arrow": r"async\s*\(|async\s+\w+\s*=>",
    "await inside of a call": r"[(,]\s*await\b",
    "for…of": r"\bfor\s*\([^)]*\bof\b",
}


def outcome(decision: EdgeForward | EdgeResponse) -> dict[str, Any]:
    """Write a decision as the cases do."""
    if isinstance(decision, EdgeForward):
        return {"uri": decision.uri}
    location = decision.headers.get("location")
    return {"status": decision.status, **({"location": location} if location else {})}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_case_is_decided_as_it_says(case: dict[str, Any]) -> None:
    """Each case, against the very file that CloudFront runs."""
    edge = EdgeFunction(SOURCE, lambda: case["kvs"])
    decision = edge.handle(EdgeRequest(**case["request"]))
    edge.close()

    assert outcome(decision) == case["expected"]


@pytest.mark.parametrize("engine", ["node", "njs"])
def test_another_engine_decides_the_same(engine: str, tmp_path: Path) -> None:
    """No case leans on one engine: Node knows more of the language than CloudFront does, njs about as much."""
    decided = [line["decided"] for line in run_cases(engine, tmp_path)]

    assert decided == [case["expected"] for case in CASES]


def test_the_store_is_read_as_little_as_can_be(tmp_path: Path) -> None:
    """The pointer and one redirect for a page; nothing for an asset or for what is refused anyway."""
    lines = run_cases("node", tmp_path)
    without = [
        line["reads"]
        for line in lines
        if line["decided"].get("status") in (400, 405) or line["decided"].get("uri", "").startswith("/assets/")
    ]

    assert without
    assert [reads for reads in without if reads] == []
    assert {len(line["reads"]) for line in lines} == {0, 1, 2}
    assert {line["reads"][0].partition(":")[0] for line in lines if line["reads"]} == {"live", "preview"}


def run_cases(engine: str, folder: Path) -> list[dict[str, Any]]:
    """Run all cases in one process of an engine, or skip where this machine has none."""
    program = engine_program(engine)
    events = json.dumps([{"event": event(case["request"]), "kvs": case["kvs"]} for case in CASES])
    file = folder / "cases.js"
    file.write_text(STORE + SOURCE.replace(IMPORT_LINE, "") + f"const cases = JSON.parse({json.dumps(events)});" + RUN)
    done = subprocess.run([program, str(file)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{engine} ended with {done.returncode}: {done.stderr}"
    return [json.loads(line) for line in done.stdout.splitlines()]


def engine_program(engine: str) -> str:
    """Return where an engine is, or skip where this machine has none."""
    program = shutil.which(engine)
    if not program:
        pytest.skip(f"{engine} is not on this machine (Debian: apt install {engine}{'js' * (engine == 'node')})")
    return program


def event(request: dict[str, Any]) -> dict[str, Any]:
    """Write a case's request as CloudFront hands it to the function."""
    query: dict[str, Any] = {}
    for part in filter(None, request["querystring"].split("&")):
        name, _, value = part.partition("=")
        query.setdefault(name, {"value": value, "multiValue": []})["multiValue"].append({"value": value})
    return {
        "viewer": {"ip": request["ip"]},
        "request": {
            "method": request["method"],
            "uri": request["uri"],
            "querystring": query,
            "headers": {name: {"value": value} for name, value in request.get("headers", {}).items()},
        },
    }


@pytest.mark.parametrize("file", [FILE, STATUS_FILE], ids=lambda file: file.name)
@pytest.mark.parametrize("what", NOT_IN_CLOUDFRONT)
def test_no_syntax_is_used_that_cloudfront_lacks(what: str, file: Path) -> None:
    """The engines here know more of the language than CloudFront's."""
    code = re.sub(r"//.*", "", file.read_text())

    assert re.search(NOT_IN_CLOUDFRONT[what], code, re.MULTILINE) is None


@pytest.mark.parametrize(
    ("method", "uri", "status", "header"),
    [
        ("POST", "/", 405, ("allow", "GET, HEAD")),
        ("GET", "/blog%00/", 400, None),
        ("GET", "/", 503, ("retry-after", "60")),
    ],
)
def test_what_is_refused_says_so_in_plain_words(
    method: str, uri: str, status: int, header: tuple[str, str] | None
) -> None:
    """A text for people, headers for machines, and nothing that a cache would keep."""
    edge = EdgeFunction(SOURCE, dict)
    refusal = edge.handle(EdgeRequest(method, uri))
    edge.close()

    assert isinstance(refusal, EdgeResponse)
    assert (refusal.status, refusal.body.strip()) == (status, HTTPStatus(status).phrase)
    assert refusal.headers == {
        "cache-control": "no-store",
        "content-type": "text/plain; charset=utf-8",
        **dict([header] if header else []),
    }


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_every_kind_of_redirect_has_its_own_words(status: int) -> None:
    """The words are the standard's, and those of no other status."""
    values = {**LIVE, "r:a1:/old/": json.dumps({"to": "/new/", "status": status})}
    edge = EdgeFunction(SOURCE, lambda: values)
    answer = edge.handle(EdgeRequest("GET", "/old/"))
    edge.close()

    assert isinstance(answer, EdgeResponse)
    assert (answer.status, answer.body.strip()) == (status, HTTPStatus(status).phrase)


def test_half_a_character_is_refused() -> None:
    """What cannot be written in UTF-8 is no path, and no error of the function either."""
    refusal = EDGE.handle(EdgeRequest("GET", "/blog\ud800/"))

    assert isinstance(refusal, EdgeResponse)
    assert refusal.status == 400


@pytest.mark.parametrize("file", [FILE, STATUS_FILE], ids=lambda file: file.name)
def test_the_function_fits(file: Path) -> None:
    """CloudFront takes ten kilobytes."""
    assert file.stat().st_size < LARGEST


# What the origin answers, and with which words in its metadata; what the visitor gets.
ANSWERS = {
    "a page": (200, {}, 200),
    "the page for what is gone": (200, {"x-amz-meta-status": "410"}, 410),
    "the page of a closed site": (200, {"x-amz-meta-status": "503"}, 503),
    "a browser that has the page already": (304, {"x-amz-meta-status": "410"}, 304),
    "a status that no page of ours has": (200, {"x-amz-meta-status": "302"}, 200),
    "a status that is none": (200, {"x-amz-meta-status": "x"}, 200),
    "a missing page, for which CloudFront does not ask": (404, {"x-amz-meta-status": "410"}, 404),
}


@pytest.mark.parametrize("what", ANSWERS)
def test_an_answer_has_the_status_that_its_page_was_stored_with(what: str) -> None:
    """And all its headers; a closed site says when to come back."""
    origin, metadata, sent = ANSWERS[what]
    function = StatusFunction(STATUS_FILE.read_text())
    status, headers = function.finish(origin, {"content-type": "text/html", **metadata})
    function.close()

    assert status == sent
    assert headers == {"content-type": "text/html", **metadata, **({"retry-after": "120"} if sent == 503 else {})}


@pytest.mark.parametrize("engine", ["node", "njs"])
def test_another_engine_gives_the_same_status(engine: str, tmp_path: Path) -> None:
    """The file is run as it is."""
    program = engine_program(engine)
    file = tmp_path / "status.js"
    events = [
        {"response": {"statusCode": origin, "headers": {name: {"value": value} for name, value in metadata.items()}}}
        for origin, metadata, _ in ANSWERS.values()
    ]
    run = "JSON.parse(events).forEach(function (event) { console.log(handler(event).statusCode); });"
    file.write_text(f"{STATUS_FILE.read_text()}\nconst events = {json.dumps(json.dumps(events))};\n{run}\n")
    done = subprocess.run([program, str(file)], capture_output=True, text=True, check=False)
    asked = [origin < 400 for origin, _, _ in ANSWERS.values()]
    statuses = [int(line) for line in done.stdout.split()]

    assert [one for one, is_asked in zip(statuses, asked, strict=True) if is_asked] == [
        sent for origin, _, sent in ANSWERS.values() if origin < 400
    ]


# Put together at random, within a part of a path and across its slashes.
ATOMS = (
    *(
        "/",
        "//",
        ".",
        "..",
        "%2e",
        "%2E",
        "%2f",
        "%5c",
        "\\",
        "%",
        "%25",
        "%00",
        "%0d%0a",
        "assets",
        "releases",
        "a1",
        "b2",
    ),
    *(
        "manifests",
        "ledger",
        "git",
        "env",
        "index.html",
        "404.html",
        ".well-known",
        "blog",
        ".css",
        "é",
        "%c3%a9",
        "+",
        " ",
    ),
)
PATHS = st.one_of(st.text(), st.lists(st.sampled_from(ATOMS), max_size=12).map("".join)).map(lambda text: "/" + text)


@given(PATHS)
def test_no_address_reaches_behind_the_site(path: str) -> None:
    """Whatever is asked for, only the live release and the shared assets are looked at."""
    decision = EDGE.handle(EdgeRequest("GET", path))
    if isinstance(decision, EdgeResponse):
        assert decision.status in (308, 400)
        return
    parts = decision.uri.split("/")

    assert parts[1] == "assets" or parts[1:3] == ["releases", "a1"]
    assert not re.search(r"//|%2[ef]|%5c|%25|%00|[\x00-\x1f\\]", decision.uri, re.IGNORECASE)
    assert [part for part in parts if part.startswith(".") and part != ".well-known"] == []


@given(PATHS)
def test_a_redirect_leads_to_an_address_of_this_site_that_is_settled(path: str) -> None:
    """One hop, never to another host, and never round in a circle."""
    decision = EDGE.handle(EdgeRequest("GET", path))
    if isinstance(decision, EdgeForward) or decision.status != 308:
        return
    location = decision.headers["location"]

    assert re.match(r"/(?!/)", location)
    assert isinstance(EDGE.handle(EdgeRequest("GET", location)), EdgeForward)


@given(PATHS)
def test_a_path_that_was_normalised_stays_as_it_is(path: str) -> None:
    """What is asked of the origin has one writing: asked for again in it, it is the same."""
    decision = EDGE.handle(EdgeRequest("GET", path))
    if isinstance(decision, EdgeResponse) or decision.uri.endswith("/-"):
        return
    canonical = re.sub(r"/index\.html$", "/", decision.uri.removeprefix("/releases/a1"))

    assert EDGE.handle(EdgeRequest("GET", canonical)) == decision


IPV4 = tuple(f"198.51.{number // 256}.{number % 256}" for number in range(4000))
IPV6 = tuple(f"2001:db8:{number:x}::1" for number in range(4000))


def canary_viewers(addresses: tuple[str, ...], release: str, percent: int) -> set[str]:
    """Return the viewers that a canary takes."""
    pointer = {"live": json.dumps({"live": "a1", "canary": {"release": release, "percent": percent}})}
    edge = EdgeFunction(SOURCE, lambda: pointer)
    decisions = {ip: edge.handle(EdgeRequest("GET", "/", ip=ip)) for ip in addresses}
    edge.close()
    assert set(decisions.values()) <= {EdgeForward(f"/releases/{one}/index.html") for one in ("a1", release)}
    return {ip for ip, decision in decisions.items() if decision == EdgeForward(f"/releases/{release}/index.html")}


@pytest.mark.parametrize("addresses", [IPV4, IPV6], ids=["IPv4", "IPv6"])
@pytest.mark.parametrize("percent", [1, 10, 50, 90])
def test_a_canary_takes_its_share(percent: int, addresses: tuple[str, ...]) -> None:
    """A share is a share, without a cookie."""
    taken = canary_viewers(addresses, "b2", percent)

    assert abs(len(taken) * 100 / len(addresses) - percent) < 1.5


def test_a_canary_for_nobody_and_for_everybody_is_just_that() -> None:
    """No viewer falls over the edge of the share."""
    assert canary_viewers(IPV4, "b2", 0) == set()
    assert canary_viewers(IPV4, "b2", 100) == set(IPV4)


def test_a_canary_takes_each_viewer_always_or_never() -> None:
    """Who has seen the new release keeps it while its share grows."""
    some = canary_viewers(IPV4, "b2", 10)

    assert canary_viewers(IPV4, "b2", 10) == some
    assert canary_viewers(IPV4, "b2", 50) > some


def test_the_next_canary_takes_other_viewers() -> None:
    """It is not always the same people who try things out."""
    first = canary_viewers(IPV4, "b2", 10)
    second = canary_viewers(IPV4, "c3", 10)

    assert len(first & second) < len(first) / 2


def test_a_function_that_fails_says_where() -> None:
    """A mistake in the function is a message, not a hanging preview."""
    edge = EdgeFunction("async function handler(event) {\n  return event.no.such;\n}", dict)

    with pytest.raises(EdgeError, match=r"router\.js: the edge function failed: TypeError"):
        edge.handle(EdgeRequest("GET", "/"))


def test_a_function_that_does_not_parse_says_where() -> None:
    """The engine's own words reach the person."""
    with pytest.raises(EdgeError, match="SyntaxError"):
        EdgeFunction("async function handler(event) {", dict)


ENDLESS = {
    "at once": "while (true) {}",
    "after it awaited": "await 0; while (true) {}",
    "by awaiting": "while (true) { await 0; }",
}


@pytest.mark.parametrize("how", ENDLESS)
def test_a_function_that_never_ends_is_ended(how: str) -> None:
    """The preview answers, even then."""
    edge = EdgeFunction(f"async function handler(event) {{ {ENDLESS[how]} }}", dict)

    with pytest.raises(EdgeError, match="interrupted"):
        edge.handle(EdgeRequest("GET", "/"))


def test_a_request_after_one_that_was_ended_is_answered() -> None:
    """What was cut off does not go on with the next visitor's request."""
    source = "async function handler({ request }) { while (request.uri === '/endless/') { await 0; } return request; }"
    edge = EdgeFunction(source, dict)
    with pytest.raises(EdgeError):
        edge.handle(EdgeRequest("GET", "/endless/"))

    assert edge.handle(EdgeRequest("GET", "/blog/")) == EdgeForward("/blog/")


@pytest.mark.parametrize(
    "value", ["undefined", "null", "5", "'/blog/'", "[]", "{}", "{ uri: 5 }", "{ statusCode: '308' }"]
)
def test_what_is_neither_a_request_nor_a_response_is_an_error(value: str) -> None:
    """CloudFront would answer 503 to the visitor; the preview says why."""
    edge = EdgeFunction(f"async function handler(event) {{ return {value}; }}", dict)

    with pytest.raises(EdgeError, match="neither a request nor a response"):
        edge.handle(EdgeRequest("GET", "/"))


def test_a_failure_names_the_line_of_the_file() -> None:
    """The engine counts the lines that the person sees."""
    edge = EdgeFunction(f"{IMPORT_LINE}\n\nasync function handler(event) {{\n  return event.no.such;\n}}", dict)

    with pytest.raises(EdgeError, match=r"handler \(<input>:4:"):
        edge.handle(EdgeRequest("GET", "/"))


def test_many_threads_share_one_function() -> None:
    """Each gets the answer to its own request."""
    addresses = [f"/page-{number}/" for number in range(200)]
    with ThreadPoolExecutor(max_workers=8) as threads:
        decisions = list(threads.map(lambda uri: EDGE.handle(EdgeRequest("GET", uri)), addresses))

    assert decisions == [EdgeForward(f"/releases/a1{uri}index.html") for uri in addresses]


def test_the_pointer_is_read_anew_for_each_request() -> None:
    """A flip is seen at once."""
    pointer = {"live": '{"live":"a1"}'}
    edge = EdgeFunction(SOURCE, lambda: dict(pointer))
    before = edge.handle(EdgeRequest("GET", "/"))
    pointer["live"] = '{"live":"b2"}'

    assert before == EdgeForward("/releases/a1/index.html")
    assert edge.handle(EdgeRequest("GET", "/")) == EdgeForward("/releases/b2/index.html")
