"""The expressions of workflows say here what they say on GitHub, or nothing at all."""

from __future__ import annotations

import pytest

from tools.road.expressions import ExpressionError, Scope, Status, Value, evaluate, fill, holds

SCOPE = Scope(
    {
        "github": {"ref_name": "dev", "sha": "abc", "event": {"client_payload": {"moment": "17"}}},
        "vars": {"DESCRIPTOR": '{"name": "local-dev", "region": "us-east-1"}'},
        "steps": {"smoke": {"outcome": "failure", "outputs": {"url": "http://x"}}},
        "list": ["a", "b"],
    }
)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("github.ref_name", "dev"),
        ("github.ref_name == 'DEV'", True),
        ("github.ref_name != 'dev' || github.sha", "abc"),
        ("github.nothing.at.all", None),
        ("github.event.client_payload.moment", "17"),
        ("fromJSON(vars.DESCRIPTOR).name", "local-dev"),
        ("vars.CANARY_SECONDS || '600'", "600"),
        ("github.ref_name == 'production' && 'unattended' || github.ref_name", "dev"),
        ("!(github.sha == 'abc')", False),
        ("startsWith(github.ref_name, 'd')", True),
        ("contains(list, 'b')", True),
        ("list[1]", "b"),
        ("list[2].name", None),
        ("github.event['client_payload'].moment", "17"),
        ("contains('a word', 'WOR')", True),
        ("3", 3.0),
        ("'it''s'", "it's"),
        ("true && null", None),
    ],
)
def test_an_expression_has_a_value(expression: str, value: Value) -> None:
    """Names, comparisons without regard to case, and, or, not, and the functions that we use."""
    assert evaluate(expression, SCOPE) == value


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("secrets.TOKEN", "there is no secrets here"),
        ("hashFiles('x')", r"hashFiles\(\) with 1 arguments is not known here"),
        ("github.sha ==", "it ends too early"),
        ("(github.sha", r"'\)' is missing"),
        ("list[0", r"'\]' is missing"),
        ("github.sha github.sha", "'github' was not expected"),
        ("github ; sha", "'; sha' is not understood"),
        ("== 1", "'==' was not expected"),
        ("fromJSON('{')", "fromJSON was given no JSON"),
    ],
)
def test_what_is_not_known_is_an_error(expression: str, words: str) -> None:
    """A replay that guesses proves nothing."""
    with pytest.raises(ExpressionError, match=words):
        evaluate(expression, SCOPE)


def test_a_text_is_filled_in() -> None:
    """As GitHub writes values into texts."""
    assert fill("${{ github.sha }}-${{ github.ref_name == 'dev' }}-${{ github.no }}-${{ 5 }}", SCOPE) == "abc-true--5"


@pytest.mark.parametrize(
    ("condition", "failed", "runs"),
    [
        ("success()", False, True),
        ("success()", True, False),
        ("failure()", True, True),
        ("always()", True, True),
        ("${{ cancelled() }}", True, False),
        ("github.ref_name == 'dev'", False, True),
        # One that does not ask how it went needs success.
        ("github.ref_name == 'dev'", True, False),
        ("failure() && steps.smoke.outcome == 'failure'", True, True),
    ],
)
def test_a_condition_asks_how_it_went_until_now(condition: str, failed: bool, runs: bool) -> None:
    """Or is taken to ask for success."""
    assert holds(condition, Scope(SCOPE.contexts, Status(failed))) is runs
