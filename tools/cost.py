"""What each environment costs in a month, at rest and with visitors, and what each choice adds or saves.

    python tools/cost.py            print the tables
    python tools/cost.py --write    write them into docs/cost.md

Arithmetic alone: prices are in tools/prices.json, with their date; nothing is asked of AWS. What is free for a new
account's first year only is not counted as free.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DOCUMENT = ROOT / "docs" / "cost.md"
PRICES = ROOT / "tools" / "prices.json"
BEGIN, END = "<!-- tools/cost.py -->\n", "<!-- /tools/cost.py -->\n"
VISITS = 100_000
# Three of AWS's own, and the limit on /api/.
WAF_RULES = 4
MILLION = 1_000_000
# A year of an account's changes, as far as an account of this size has any; a guess.
TRAIL_GB = 0.2
MINUTES_IN_A_MONTH = 730 * 60


@dataclass(frozen=True)
class Prices:
    """What things cost, and as of when."""

    each: Mapping[str, float]
    hours: float
    date: str
    about: str

    def __getitem__(self, name: str) -> float:
        """Return one price."""
        return self.each[name]


@dataclass(frozen=True)
class Visit:
    """What a visit asks for: measured on the built site, and rounded up."""

    pages: float = 3
    requests: float = 15
    megabytes: float = 0.6
    # The page's own figures, and now and then a form.
    api_requests: float = 1.2
    messages: float = 0.005


@dataclass(frozen=True)
class Choice:
    """One environment, as its Terraform is set."""

    name: str
    # "none", "instance" or "aurora".
    database: str = "instance"
    instance: str = "rds_t4g_micro_hour"
    multi_az: bool = False
    storage_gb: float = 20
    # The share of the month in which Aurora is awake, and the units it has then.
    awake: float = 1
    units: float = 0.5
    backup_copy: bool = False
    proxy: bool = False
    egress: str = "ipv6"
    endpoints: int = 0
    cache: bool = False
    waf_rules: int = 0
    api: bool = True
    worker_minutes: float = 1
    # The API's and the administrator's, and the keys that alarms are encrypted with, here and where the CDN is counted.
    secrets: int = 2
    keys: int = 2
    alarms: int = 30
    dashboards: int = 1
    # Of the figures in the log, those that are there at all in a month.
    metrics: int = 10
    site_gb: float = 2
    log_gb: float = 0.5


Costs = dict[str, float]


def read_prices(file: Path = PRICES) -> Prices:
    """Return the prices as data."""
    held = json.loads(file.read_text())
    return Prices(held["prices"], held["hours_in_a_month"], held["date"], held["about"])


def database(choice: Choice, prices: Prices) -> float:
    """Return what the database costs, and its storage."""
    if choice.database == "none":
        return 0
    servers = prices["rds_multi_az_factor"] if choice.multi_az else 1
    if choice.database == "instance":
        hourly = prices[choice.instance]
        return servers * (hourly * prices.hours + choice.storage_gb * prices["rds_storage_gb_month"])
    # Aurora's storage is in three zones by itself, and counted by what is in it: a small database's is next to nothing.
    compute = servers * choice.units * prices["aurora_unit_hour"] * prices.hours * choice.awake
    return compute + 1 * prices["aurora_storage_gb_month"]


def backups(choice: Choice, prices: Prices) -> float:
    """Return what snapshots cost beyond RDS's own, which is free up to the size of the database."""
    if choice.database == "none":
        return 0
    # Snapshots share what has not changed: a small database's month is about as large as the database.
    used = 1.5
    copy = used * (prices["backup_gb_month"] + prices["backup_copy_gb"]) if choice.backup_copy else 0
    return used * prices["backup_gb_month"] + copy


def proxy(choice: Choice, prices: Prices) -> float:
    """Return what RDS Proxy costs: by the database's processors, and never less than two."""
    return prices["rds_proxy_vcpu_hour"] * prices["rds_proxy_least_vcpus"] * prices.hours if choice.proxy else 0


def network(choice: Choice, prices: Prices, gigabytes: float = 1) -> float:
    """Return what the way out costs: nothing by IPv6, a gateway and its address by NAT; and endpoints in two zones."""
    nat = (prices["nat_hour"] + prices["ipv4_hour"]) * prices.hours + gigabytes * prices["nat_gb"]
    endpoints = choice.endpoints * 2 * prices["endpoint_zone_hour"] * prices.hours
    return (nat if choice.egress == "nat" else 0) + endpoints


def cache(choice: Choice, prices: Prices) -> float:
    """Return what a serverless Valkey costs at its least size."""
    return prices["cache_least_gb"] * prices["cache_gb_hour"] * prices.hours if choice.cache else 0


def firewall(choice: Choice, prices: Prices, requests: float) -> float:
    """Return what WAF costs, which is by rules and by requests, whoever sends them."""
    if not choice.waf_rules:
        return 0
    fixed = prices["waf_acl_month"] + choice.waf_rules * prices["waf_rule_month"]
    return fixed + requests / MILLION * prices["waf_million_requests"]


def delivery(visits: float, visit: Visit, prices: Prices) -> float:
    """Return what CloudFront and its function cost beyond what is always free."""
    gigabytes = visits * visit.megabytes / 1024
    requests = visits * (visit.requests + visit.api_requests)
    paid_gigabytes = _beyond(gigabytes, prices["cloudfront_free_gb"])
    paid_requests = _beyond(requests / MILLION, prices["cloudfront_free_million_requests"]) * MILLION
    # The function runs, and reads the pointer, for all but the API.
    runs = visits * visit.requests / MILLION
    function = _beyond(runs, prices["cloudfront_free_function_million"]) * prices["cloudfront_function_million"]
    return (
        paid_gigabytes * prices["cloudfront_gb"]
        + paid_requests / 10_000 * prices["cloudfront_ten_thousand_requests"]
        + function
        + runs * prices["kvs_million_reads"]
    )


def storage(choice: Choice, prices: Prices, visits: float, visit: Visit) -> float:
    """Return what S3 costs; a tenth of what visitors ask for comes from there, the rest from the edge."""
    fetched = visits * visit.requests / 10
    return choice.site_gb * prices["s3_gb_month"] + fetched / 1000 * prices["s3_thousand_gets"]


def functions(choice: Choice, prices: Prices, visits: float, visit: Visit) -> float:
    """Return what the API's functions, its gateway and its mail cost."""
    if not choice.api:
        return 0
    asked = visits * visit.api_requests
    turns = MINUTES_IN_A_MONTH / choice.worker_minutes
    # Half a gigabyte each; a request takes a twentieth of a second, a turn of the worker a tenth.
    seconds = 0.5 * (asked * 0.05 + turns * 0.1)
    return (
        _beyond((asked + turns) / MILLION, prices["lambda_free_million_requests"]) * prices["lambda_million_requests"]
        + _beyond(seconds, prices["lambda_free_gb_seconds"]) * prices["lambda_arm_gb_second"]
        + asked / MILLION * prices["http_api_million"]
        + _beyond(turns / MILLION, prices["sqs_free_million"]) * prices["sqs_million"]
        # A message is two mails; the canary is one each hour.
        + (visits * visit.messages * 2 + prices.hours) / 1000 * prices["ses_thousand"]
    )


def watching(choice: Choice, prices: Prices, visits: float) -> float:
    """Return what logs, alarms, figures and dashboards cost."""
    gigabytes = choice.log_gb + visits * 2 / MILLION
    return (
        _beyond(gigabytes, prices["logs_free_gb"]) * prices["logs_gb"]
        + choice.alarms * prices["alarm_month"]
        + choice.metrics * prices["custom_metric_month"]
        + choice.dashboards * prices["dashboard_month"]
    )


def signing(prices: Prices) -> float:
    """Return what the key that signs, the topic's, and two alarms cost; how often it signs hardly counts."""
    return 2 * prices["kms_key_month"] + 2 * prices["alarm_month"]


def trail(prices: Prices) -> float:
    """Return what keeping a year of what was done in the account costs; an account's first trail is free itself."""
    return TRAIL_GB * prices["s3_gb_month"]


def monthly(choice: Choice, prices: Prices, visits: float = 0, visit: Visit | None = None) -> Costs:
    """Return what each part of an environment costs in a month with so many visits."""
    asked = visit or Visit()
    requests = visits * (asked.requests + asked.api_requests)
    return {
        "database": database(choice, prices),
        "backups": backups(choice, prices),
        "proxy": proxy(choice, prices),
        "network": network(choice, prices),
        "cache": cache(choice, prices),
        "WAF": firewall(choice, prices, requests),
        "CloudFront": delivery(visits, asked, prices),
        "S3": storage(choice, prices, visits, asked),
        "API and mail": functions(choice, prices, visits, asked),
        "logs and alarms": watching(choice, prices, visits),
        "names, secrets, keys": prices["route53_zone_month"]
        + choice.secrets * prices["secret_month"]
        + choice.keys * prices["kms_key_month"],
    }


def _beyond(used: float, free: float) -> float:
    return max(used - free, 0)


# As infra/modules/environment has them; a test compares.
DEV = Choice("dev")
STAGING = Choice("staging", waf_rules=WAF_RULES)
PRODUCTION = Choice("production", multi_az=True, backup_copy=True, waf_rules=WAF_RULES, site_gb=5, log_gb=1)
ENVIRONMENTS = (DEV, STAGING, PRODUCTION)


def options(prices: Prices) -> list[tuple[str, str, float]]:
    """Return each choice with what it is compared to and what it adds to the month at rest."""

    def more(begin: Choice, **changes: object) -> float:
        changed = replace(begin, **changes)  # type: ignore[arg-type]
        return sum(monthly(changed, prices).values()) - sum(monthly(begin, prices).values())

    return [
        (
            "no API at all, pages only",
            "dev",
            more(DEV, api=False, database="none", secrets=0, metrics=0, alarms=1),
        ),
        ("Aurora that sleeps nine tenths of the time", "dev's instance", more(DEV, database="aurora", awake=0.1)),
        ("Aurora that never sleeps, since something asks each minute", "dev's instance", more(DEV, database="aurora")),
        ("the next larger server", "staging's", more(STAGING, instance="rds_t4g_small_hour")),
        ("a second server in another zone", "staging with one", more(STAGING, multi_az=True)),
        ("Aurora, never asleep, in two zones", "production's instance", more(PRODUCTION, database="aurora")),
        ("RDS Proxy", "none", more(PRODUCTION, proxy=True)),
        ("out by NAT", "out by IPv6", more(STAGING, egress="nat")),
        (
            "an endpoint for each of SQS, SNS, SES and Secrets Manager",
            "out by IPv6",
            more(STAGING, egress="none", endpoints=4),
        ),
        ("an endpoint for SQS alone", "none", more(STAGING, endpoints=1)),
        ("a cache for the limits", "the database keeps them", more(PRODUCTION, cache=True)),
        ("WAF with four rules", "none", more(DEV, waf_rules=WAF_RULES)),
        ("backups in a second region", "one region", more(STAGING, backup_copy=True)),
        ("a signed zone (DNSSEC), for the account", "none", signing(prices)),
        ("a trail of who did what, once for the account", "none", trail(prices)),
    ]


def tables(prices: Prices) -> str:
    """Return the tables as Markdown."""
    columns = [(choice, visits) for choice in ENVIRONMENTS for visits in (0, VISITS)]
    costs = [monthly(choice, prices, visits) for choice, visits in columns]
    head = [f"{choice.name}, {'at rest' if not visits else f'{visits:,} visits'}" for choice, visits in columns]
    lines = [f"List prices in US dollars a month, without tax, as of {prices.date}. {prices.about}", ""]
    lines += ["| | " + " | ".join(head) + " |", "|---|" + "--:|" * len(head)]
    lines += [f"| {part} | " + " | ".join(f"{one[part]:.2f}" for one in costs) + " |" for part in costs[0]]
    lines += ["| **together** | " + " | ".join(f"**{sum(one.values()):.2f}**" for one in costs) + " |", ""]
    lines += ["| what | compared with | a month at rest |", "|---|---|--:|"]
    lines += [f"| {what} | {compared} | {cost:+.2f} |" for what, compared, cost in options(prices)]
    return "\n".join(lines) + "\n"


def with_tables(document: str, text: str) -> str:
    """Return the document with the tables in their place."""
    before, _, rest = document.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}{text}{END}{after}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the tables, or write them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="write them into docs/cost.md")
    chosen = parser.parse_args(arguments)
    text = tables(read_prices())
    if chosen.write:
        DOCUMENT.write_text(with_tables(DOCUMENT.read_text(), text))
    else:
        sys.stdout.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
