"""The edge function decides as its cases say, and lets no address reach behind the site."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from site_builder.preview.edge import EdgeError, EdgeForward, EdgeFunction, EdgeRequest, EdgeResponse

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "infra" / "edge" / "router.js"
SOURCE = FILE.read_text()
CASES: list[dict[str, Any]] = json.loads((ROOT / "tests" / "contracts" / "edge.json").read_text())
LIVE = {"live": '{"live":"a1"}'}
LARGEST = 10 * 1024
EDGE = EdgeFunction(SOURCE, lambda: LIVE)

# Runs every case in Node, with a stand-in for the module that only CloudFront has.
NODE = """
const fs = require('fs');
const [file, cases] = process.argv.slice(1);
const source = fs.readFileSync(file, 'utf8').replace("import cf from 'cloudfront';", '');
const load = new Function('cf', source + '; return handler;');
(async () => {
  const outcomes = [];
  for (const { event, kvs } of JSON.parse(fs.readFileSync(cases, 'utf8'))) {
    const get = async (key) => { if (!(key in kvs)) { throw new Error('no key'); } return JSON.parse(kvs[key]); };
    const got = await load({ kvs: () => ({ get }) })(event);
    const headers = got.headers || {};
    outcomes.push(got.statusCode === undefined ? { uri: got.uri }
      : Object.assign({ status: got.statusCode }, headers.location ? { location: headers.location.value } : {}));
  }
  console.log(JSON.stringify(outcomes));
})();
"""
# Syntax that Node and QuickJS take and CloudFront's engine does not.
NOT_IN_CLOUDFRONT = {
    "a class": r"^\s*class\s",
    "spread or rest": r"\.\.\.\w",
    "optional chaining": r"\?\.\w",
    "nullish coalescing": r"\?\?",
    "destructuring": r"\b(?:const|let|var)\s*[\[{]",
    "an async arrow": r"async\s*\(|async\s+\w+\s*=>",
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

    assert outcome(decision) == case["expect"]


def test_another_engine_decides_the_same(tmp_path: Path) -> None:
    """What holds in QuickJS holds in Node: no case leans on one engine."""
    node = shutil.which("node")
    if not node:
        pytest.skip("Node is not on this machine")
    events = [{"event": event(case["request"]), "kvs": case["kvs"]} for case in CASES]
    (tmp_path / "cases.json").write_text(json.dumps(events))
    done = subprocess.run(
        [node, "-e", NODE, str(FILE), str(tmp_path / "cases.json")], capture_output=True, text=True, check=True
    )

    assert json.loads(done.stdout) == [case["expect"] for case in CASES]


def event(request: dict[str, Any]) -> dict[str, Any]:
    """Write a case's request as CloudFront hands it to the function."""
    query: dict[str, Any] = {}
    for part in filter(None, request["querystring"].split("&")):
        name, _, value = part.partition("=")
        query.setdefault(name, {"value": value, "multiValue": []})["multiValue"].append({"value": value})
    return {
        "viewer": {"ip": request["ip"]},
        "request": {"method": request["method"], "uri": request["uri"], "querystring": query, "headers": {}},
    }


@pytest.mark.parametrize("what", NOT_IN_CLOUDFRONT)
def test_no_syntax_is_used_that_cloudfront_lacks(what: str) -> None:
    """The engines here know more of the language than CloudFront's."""
    code = re.sub(r"//.*", "", SOURCE)

    assert re.search(NOT_IN_CLOUDFRONT[what], code, re.MULTILINE) is None


def test_the_restricted_engine_takes_the_file(tmp_path: Path) -> None:
    """Debian's njs is the closest relative of CloudFront's engine: a gate for syntax, not a proof."""
    njs = shutil.which("njs")
    if not njs:
        pytest.skip("njs is not on this machine (Debian: apt install njs)")
    file = tmp_path / "router.js"
    file.write_text(SOURCE.replace("import cf from 'cloudfront';", "const cf = { kvs: function () { return {}; } };"))
    done = subprocess.run([njs, str(file)], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_function_fits() -> None:
    """CloudFront takes ten kilobytes."""
    assert len(SOURCE.encode()) < LARGEST


HOSTILE = (
    *("", ".", "..", "%2e", "%2E%2e", "%2f", "%5c", "\\", "%00", "%25", "assets", "releases", "a1", "b2", "manifests"),
    *("ledger", ".git", "%2eenv", "index.html", "404.html", "blog", "x.css", "é", "%c3%a9", " "),
)
PATHS = st.one_of(
    st.text().map(lambda text: "/" + text),
    st.lists(
        st.sampled_from(HOSTILE),
        max_size=8,
    ).map(lambda parts: "/" + "/".join(parts)),
)


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


@pytest.mark.parametrize("percent", [1, 10, 50, 90])
def test_a_canary_takes_its_share_and_each_viewer_always_or_never(percent: int) -> None:
    """A share is a share, without a cookie."""
    addresses = [f"198.51.{number // 256}.{number % 256}" for number in range(4000)]
    pointer = {"live": json.dumps({"live": "a1", "canary": {"release": "b2", "percent": percent}})}
    edge = EdgeFunction(SOURCE, lambda: pointer)
    first = [outcome(edge.handle(EdgeRequest("GET", "/", ip=ip))) for ip in addresses]
    again = [outcome(edge.handle(EdgeRequest("GET", "/", ip=ip))) for ip in addresses[:100]]
    edge.close()
    taken = sum(decision == {"uri": "/releases/b2/index.html"} for decision in first) * 100 / len(addresses)

    assert first[:100] == again
    assert abs(taken - percent) < 1.5


def test_a_function_that_fails_says_where() -> None:
    """A mistake in the function is a message, not a hanging preview."""
    edge = EdgeFunction("async function handler(event) {\n  return event.no.such;\n}", dict)

    with pytest.raises(EdgeError, match=r"router\.js: the edge function failed: TypeError"):
        edge.handle(EdgeRequest("GET", "/"))


def test_a_function_that_does_not_parse_says_where() -> None:
    """The engine's own words reach the person."""
    with pytest.raises(EdgeError, match="SyntaxError"):
        EdgeFunction("async function handler(event) {", dict)


def test_a_function_that_never_ends_is_ended() -> None:
    """The preview answers, even then."""
    edge = EdgeFunction("async function handler(event) { while (true) {} }", dict)

    with pytest.raises(EdgeError, match="interrupted"):
        edge.handle(EdgeRequest("GET", "/"))
