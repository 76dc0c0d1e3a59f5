"""The page about money is what the arithmetic says, and the arithmetic adds up."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from tools.cost import (
    DEV,
    DOCUMENT,
    ENVIRONMENTS,
    PRODUCTION,
    ROOT,
    STAGING,
    Choice,
    Prices,
    Visit,
    main,
    monthly,
    options,
    read_prices,
    tables,
    with_tables,
)

PRICES = read_prices()
ROUND = Prices(dict.fromkeys(PRICES.each, 1.0) | {"rds_multi_az_factor": 2.0}, 100, "2026-01", "Round ones.")


def test_the_document_is_what_the_tool_says() -> None:
    """Whoever changes a price runs `make cost`."""
    document = DOCUMENT.read_text()

    assert with_tables(document, tables(PRICES)) == document


def test_the_document_says_when_the_prices_were_written_down() -> None:
    """And that they are to be checked."""
    text = tables(PRICES)

    assert PRICES.date in text
    assert "to be checked" in text


@pytest.mark.parametrize("environment", ENVIRONMENTS, ids=lambda one: one.name)
def test_no_part_of_a_month_is_less_than_nothing(environment: Choice) -> None:
    """At rest, and more with visitors."""
    rest, busy = monthly(environment, PRICES), monthly(environment, PRICES, 100_000)

    assert all(cost >= 0 for cost in rest.values())
    assert all(busy[part] >= cost for part, cost in rest.items())


@pytest.mark.parametrize("environment", ENVIRONMENTS, ids=lambda one: one.name)
def test_what_is_reckoned_is_what_terraform_makes(environment: Choice) -> None:
    """The table of the stages and the page about money speak of the same environments."""
    table = (ROOT / "infra" / "modules" / "environment" / "main.tf").read_text()
    block = table.partition(f"    {environment.name} = {{")[2].partition("    }")[0]
    stage = dict(re.findall(r"(\w+)\s+= (\S+)", block))

    assert stage["database_kind"] == f'"{environment.database}"'
    assert stage["multi_az"] == str(environment.multi_az).lower()
    assert stage["is_replicated"] == str(environment.backup_copy).lower()
    assert stage["firewall"] == str(environment.waf_rules > 0).lower()


def test_a_second_zone_is_a_second_server_with_its_storage() -> None:
    """Nothing of it is shared."""
    one, two = monthly(STAGING, PRICES), monthly(replace(STAGING, multi_az=True), PRICES)

    assert two["database"] == pytest.approx(2 * one["database"])


def test_an_instance_is_its_hours_and_its_storage() -> None:
    """A hundred hours at one, and twenty gigabytes at one."""
    assert monthly(STAGING, ROUND)["database"] == 120


def test_aurora_costs_while_it_is_awake() -> None:
    """Half a unit for a tenth of a hundred hours, and a gigabyte."""
    asleep = replace(DEV, database="aurora", awake=0.1)

    assert monthly(asleep, ROUND)["database"] == pytest.approx(0.5 * 10 + 1)
    assert monthly(replace(asleep, awake=0), ROUND)["database"] == 1


def test_the_way_out_by_ipv6_is_free() -> None:
    """And the others are by the hour: a gateway with its address and what passes; an endpoint in each of two zones."""
    assert monthly(STAGING, ROUND)["network"] == 0
    assert monthly(replace(STAGING, egress="nat"), ROUND)["network"] == 201
    assert monthly(replace(STAGING, endpoints=3), ROUND)["network"] == 600


def test_waf_is_paid_for_requests_whoever_sends_them() -> None:
    """An access list, four rules, and a million requests."""
    one_each = Visit(requests=1, api_requests=0)

    assert monthly(PRODUCTION, ROUND, 1_000_000, one_each)["WAF"] == 6


def test_what_is_free_for_ever_is_taken_off_once() -> None:
    """A visit of one gigabyte: the first one is free at a price of one, the second is not."""
    visit = Visit(requests=0, megabytes=1024, api_requests=0)

    assert monthly(STAGING, ROUND, 1, visit)["CloudFront"] == 0
    assert monthly(STAGING, ROUND, 2, visit)["CloudFront"] == 1


def test_a_site_without_an_api_has_no_database_to_pay() -> None:
    """Pages alone are next to nothing."""
    pages = monthly(replace(DEV, api=False, database="none"), PRICES)

    assert (pages["database"], pages["backups"], pages["API and mail"]) == (0, 0, 0)


def test_every_choice_is_told_from_no_choice() -> None:
    """A row that says +0.00 says nothing."""
    assert [what for what, _, cost in options(PRICES) if cost == 0] == []


def test_it_prints_what_it_would_write(capsys: pytest.CaptureFixture[str]) -> None:
    """Looking changes nothing."""
    before = DOCUMENT.read_text()

    assert main([]) == 0
    assert capsys.readouterr().out in before
    assert DOCUMENT.read_text() == before
