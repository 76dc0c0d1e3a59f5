"""The CDN's logs are counted per day and page, each file once, and nobody can be found in what is kept."""

from __future__ import annotations

import gzip
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import LiteralString

import boto3
import pytest
from chalicelib.aws import S3Logs
from chalicelib.database import Row
from chalicelib.errors import DatabaseUnavailableError
from chalicelib.figures.cdn import COUNT, UnreadableLogError, Visit, count_logs, count_new, read_log
from chalicelib.figures.logs import DirectoryLogs, Logs, LogsUnavailableError, open_logs
from chalicelib.outbox.channels import Channels, MaildirMailer
from chalicelib.postgres import PostgresDatabase
from chalicelib.services import Services
from hypothesis import given
from hypothesis import strategies as st

from tests.api.conftest import AwayDatabase, make_services
from tests.api.members import sign_in

# As CloudFront heads them, with the fields of its standard logs.
FIELDS = (
    "date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status cs(Referer) cs(User-Agent) "
    "cs-uri-query cs(Cookie) x-edge-result-type x-edge-request-id x-host-header cs-protocol cs-bytes time-taken "
    "x-forwarded-for ssl-protocol ssl-cipher x-edge-response-result-type cs-protocol-version fle-status "
    "fle-encrypted-fields c-port time-to-first-byte x-edge-detailed-result-type sc-content-type sc-content-len "
    "sc-range-start sc-range-end"
)
BROWSER = "Mozilla/5.0%20(X11;%20Linux%20x86_64)%20Firefox/140.0"
ROWS: LiteralString = "SELECT day::text, name, path, counted FROM page_counts ORDER BY 1, 2, 3"


def line(path: str = "/", **fields: str) -> str:
    """Return a line of somebody who looked at a page, but for what is said otherwise."""
    said = {
        "date": "2026-02-03", "time": "04:05:06", "c-ip": "192.0.2.77", "cs-method": "GET", "cs-uri-stem": path,
        "sc-status": "200", "cs(Referer)": "https://private.example/", "cs(User-Agent)": BROWSER,
        "cs-uri-query": "q=secret", "cs(Cookie)": "-", "sc-content-type": "text/html;%20charset=utf-8",
        **{{"day": "date", "method": "cs-method", "status": "sc-status", "program": "cs(User-Agent)",
            "kind": "sc-content-type"}[name]: value for name, value in fields.items()},
    }  # fmt: skip
    return "\t".join(said.get(name, "-") for name in FIELDS.split())


def log(*lines: str, fields: str = FIELDS) -> bytes:
    """Return a log file as it lies in the bucket."""
    return gzip.compress("\n".join(["#Version: 1.0", f"#Fields: {fields}", *lines, ""]).encode())


def test_pages_are_counted_by_day_and_path() -> None:
    """Of what a line says no more is kept."""
    counted = read_log(log(line(), line(), line("/posts/x/"), line(day="2026-02-04")))

    assert counted == {
        Visit("2026-02-03", "cdn view", "/"): 2,
        Visit("2026-02-03", "cdn view", "/posts/x/"): 1,
        Visit("2026-02-04", "cdn view", "/"): 1,
    }


@pytest.mark.parametrize(
    "other",
    [
        line("/site.css", kind="text/css"), line(method="HEAD"), line(method="POST"), line(status="404"),
        line(status="301"), line("/api/inbox"), line("/" + "x" * 300), line("//evil.example/"), line(day="yesterday"),
        line("/x.png", status="304", kind="-"),
    ],
)  # fmt: skip
def test_what_is_no_page_that_somebody_saw_is_not_counted(other: str) -> None:
    """Files, errors, redirects, the API, and paths that are none."""
    assert list(read_log(log(other, line())).values()) == [1]


def test_a_page_that_the_browser_still_had_was_seen() -> None:
    """The CDN says 304 of it, and no type."""
    assert list(read_log(log(line(status="304", kind="-"), line())).values()) == [2]


@pytest.mark.parametrize(
    "program", ["Googlebot/2.1", "curl/8", "-", "Feedly/1.0", "HeadlessChrome/120", "my%20Crawler"]
)
def test_programs_that_say_so_are_counted_apart(program: str) -> None:
    """Nobody takes them for readers."""
    assert set(read_log(log(line(program=program)))) == {Visit("2026-02-03", "cdn program", "/")}


def test_fields_may_come_in_any_order_and_with_others() -> None:
    """As somebody has configured them."""
    fields = "time date sc-content-type more cs-method cs(User-Agent) sc-status cs-uri-stem"
    row = f"04:05\t2026-02-03\ttext/html\tx\tGET\t{BROWSER}\t200\t/a/"

    assert read_log(log(row, fields=fields)) == {Visit("2026-02-03", "cdn view", "/a/"): 1}


@pytest.mark.parametrize(
    "packed", [b"", b"text", log(line())[:-9], log(line(), fields="date time"), log("2026-02-03\tx")]
)
def test_what_is_no_log_is_said_to_be_none(packed: bytes) -> None:
    """Cut off, without its fields, or something else."""
    if packed:
        with pytest.raises(UnreadableLogError):
            read_log(packed)
    else:
        assert read_log(packed) == {}


@given(st.binary() | st.text().map(str.encode).map(gzip.compress) | st.text().map(log))
def test_any_bytes_are_counts_or_no_log(packed: bytes) -> None:
    """Never a crash: what is behind it is to be counted too."""
    try:
        counted = read_log(packed)
    except UnreadableLogError:
        return
    assert all(count > 0 for count in counted.values())


@pytest.fixture(params=["folder", pytest.param("s3", marks=pytest.mark.integration)])
def logs(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Logs, Path]]:
    """Return each place for log files, and a folder: what lies there is in the place."""
    if request.param == "folder":
        yield DirectoryLogs(tmp_path), tmp_path
        return
    monkeypatch: pytest.MonkeyPatch = request.getfixturevalue("monkeypatch")
    monkeypatch.setenv("AWS_ENDPOINT_URL", request.getfixturevalue("aws"))
    bucket = f"logs{os.urandom(8).hex()}"
    boto3.client("s3", region_name="us-east-1").create_bucket(Bucket=bucket)
    yield Bucket(bucket, tmp_path), tmp_path


class Bucket(S3Logs):
    """A bucket that has what lies in a folder."""

    def __init__(self, bucket: str, folder: Path) -> None:
        super().__init__(f"s3://{bucket}/site/")
        self._folder = folder

    def names(self) -> list[str]:
        """Bring what is new there, and what is no log, and list it."""
        for path in self._folder.iterdir():
            self._s3.put_object(Bucket=self._bucket, Key=f"site/{path.name}", Body=path.read_bytes())
        self._s3.put_object(Bucket=self._bucket, Key="site/readme.txt", Body=b"")
        self._s3.put_object(Bucket=self._bucket, Key="other/E1.gz", Body=b"")
        return super().names()


def test_files_are_listed_and_read(logs: tuple[Logs, Path]) -> None:
    """Only those of the place, and as they lie there; what is not there is said."""
    place, folder = logs
    for name in ("E1.2026-02-03-05.b.gz", "E1.2026-02-03-04.a.gz"):
        (folder / name).write_bytes(name.encode())
    names = place.names()

    assert [Path(name).name for name in names] == ["E1.2026-02-03-04.a.gz", "E1.2026-02-03-05.b.gz"]
    assert [place.read(name) for name in names] == [b"E1.2026-02-03-04.a.gz", b"E1.2026-02-03-05.b.gz"]
    with pytest.raises(LogsUnavailableError):
        place.read("site/nothing.gz")


@pytest.mark.integration
def test_a_bucket_that_does_not_answer_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next hour tries again."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    with pytest.raises(LogsUnavailableError):
        S3Logs("s3://bucket/site/").names()


@pytest.mark.integration
def test_each_file_is_counted_once(postgres: PostgresDatabase, tmp_path: Path) -> None:
    """However often it is looked at, and by however many workers."""
    logs = DirectoryLogs(tmp_path)
    (tmp_path / "a.gz").write_bytes(log(line(), line("/posts/x/")))
    first = [count_new(logs, postgres), count_new(logs, postgres)]
    (tmp_path / "b.gz").write_bytes(log(line()))

    assert (first, count_new(logs, postgres)) == ([1, 0], 1)
    assert postgres.ask(ROWS) == [
        ("2026-02-03", "cdn view", "/", 2),
        ("2026-02-03", "cdn view", "/posts/x/", 1),
    ]


@dataclass
class Breaks(AwayDatabase):
    """A database that goes away over the counting: before it is done, or before that was said."""

    real: PostgresDatabase
    done: bool

    def ask(self, statement: LiteralString, values: Mapping[str, object] | None = None) -> list[Row]:
        """Do what is asked, but for the counting."""
        if statement != COUNT:
            return self.real.ask(statement, values)
        if self.done:
            self.real.ask(statement, values)
        return super().ask(statement, values)


@pytest.mark.integration
@pytest.mark.parametrize("done", [False, True])
def test_whatever_breaks_over_a_file_it_is_counted_whole_and_once(
    postgres: PostgresDatabase, tmp_path: Path, done: bool
) -> None:
    """By this worker or the next."""
    (tmp_path / "a.gz").write_bytes(log(line()))
    logs = DirectoryLogs(tmp_path)
    with pytest.raises(DatabaseUnavailableError):
        count_new(logs, Breaks(postgres, done))

    assert count_new(logs, postgres) == int(not done)
    assert postgres.ask(ROWS) == [("2026-02-03", "cdn view", "/", 1)]


@pytest.mark.integration
def test_a_file_that_nobody_can_read_is_told_once_and_holds_up_no_other(
    postgres: PostgresDatabase, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A day that the database does not know is as unreadable."""
    (tmp_path / "a.gz").write_bytes(b"text")
    (tmp_path / "b.gz").write_bytes(log(line(day="2026-99-99")))
    (tmp_path / "c.gz").write_bytes(log(line()))
    for _ in range(2):
        count_new(DirectoryLogs(tmp_path), postgres)

    assert capsys.readouterr().err.count("log_unreadable") == 2
    assert postgres.ask(ROWS) == [("2026-02-03", "cdn view", "/", 1)]


@pytest.mark.integration
def test_nobody_can_be_found_in_what_is_kept(
    postgres: PostgresDatabase, owner: PostgresDatabase, tmp_path: Path
) -> None:
    """Neither address, query, program nor where somebody came from."""
    (tmp_path / "a.gz").write_bytes(log(line()))
    count_new(DirectoryLogs(tmp_path), postgres)
    kept = str(owner.ask("SELECT * FROM page_counts")) + str(owner.ask("SELECT * FROM counted_logs"))

    assert [word for word in ("192.0.2.77", "secret", "private.example", "Firefox") if word in kept] == []


@pytest.mark.integration
def test_stats_have_both_what_pages_said_and_what_the_cdn_saw(services: Services, tmp_path: Path) -> None:
    """The worker does it, where the settings say where the logs are."""
    folder = tmp_path / "logs"
    folder.mkdir()
    today = services.database.ask("SELECT (now() AT TIME ZONE 'UTC')::date::text")[0][0]
    seen = [line(day=today), line(day=today), line("/a/", day=today, program="Googlebot")]
    (folder / "a.gz").write_bytes(log(*seen))
    channels = Channels(MaildirMailer(tmp_path / "mail"), None, None)
    count_logs(services, channels)
    count_logs(make_services(services.database, LOGS_FOLDER=str(folder)), channels)
    stats = sign_in(services, "editor").json("GET", "/api/stats")

    assert (stats["views"], stats["cdn"]) == (0, {"views": 2, "programs": 1})
    assert [(one["path"], one["cdn"]["views"]) for one in stats["pages"]] == [("/", 2), ("/a/", 0)]


def test_without_a_place_for_logs_nothing_is_read() -> None:
    """Neither on one machine nor where the CDN keeps none."""
    assert open_logs(make_services(AwayDatabase()).settings) is None
