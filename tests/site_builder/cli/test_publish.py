"""The release command line says what it will do, does it, and refuses in words."""

from __future__ import annotations

import json
import subprocess
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from site_builder.cli.publish import main
from site_builder.engine.build import BuildRequest, build_site
from site_builder.preview.cloud import LocalEnvironment, RunningCloud, running_cloud, serving_key_values
from site_builder.release import aws, s3
from site_builder.release.descriptor import FOLDER_VARIABLE, VARIABLE, configuration_bucket, configuration_key
from site_builder.release.manifest import manifest_key, seal
from site_builder.release.memory import MemoryKeyValues
from site_builder.release.stores import StoredObject
from tests.site_builder.preview.test_cloud import ask

MOTO_ACCOUNT = "123456789012"
ROUTER = Path(__file__).resolve().parents[3] / "infra" / "edge" / "router.js"


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Run a command and return its exit code and what it printed."""
    try:
        code = main(arguments)
    except SystemExit as end:
        code = int(str(end.code))
    out, err = capsys.readouterr()
    return code, out, err


@pytest.fixture
def output(tiny_site: Path) -> Path:
    """Return the built output of the smallest site."""
    return build_site(BuildRequest(tiny_site / "pelicanconf.py", tiny_site / "output")).output


def test_a_plan_tells_each_action_and_its_reason(output: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And does none of them."""
    code, out, _ = run(capsys, "plan", "local", "--output", str(output))

    assert code == 0
    assert "upload   assets/site." in out
    assert "(the first release here)" in out


def test_a_dry_run_is_the_plan(output: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same words, the same order."""
    _, planned, _ = run(capsys, "plan", "local", "--output", str(output))
    _, dry, _ = run(capsys, "deploy", "local", "--dry-run", "--output", str(output))

    assert dry == planned


def test_a_plan_can_be_read_by_a_machine(output: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As JSON, with every action."""
    _, out, _ = run(capsys, "plan", "local", "--output", str(output), "--json")
    plan = json.loads(out)

    assert [action["action"] for action in plan["actions"]][-2:] == ["Point", "ShowNotFoundPage"]


def test_without_an_output_it_says_to_build(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The first thing to do comes first."""
    code, _, err = run(capsys, "plan", "local", "--output", str(tmp_path / "output"))

    assert (code, "make build" in err) == (1, True)


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({}, "nobody is signed in"),
        ({"AWS_ACCESS_KEY_ID": "half"}, "nobody is signed in"),
        ({"AWS_PROFILE": "nobody-has-it"}, "The config profile (nobody-has-it) could not be found"),
    ],
)
def test_who_is_not_signed_in_is_told_how_and_once(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    variables: dict[str, str],
    words: str,
) -> None:
    """The first command of somebody new to a project, and no traceback."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", VARIABLE, FOLDER_VARIABLE):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    code, out, _ = run(capsys, "status")
    deployed, _, err = run(capsys, "rollback", "dev")

    assert (code, out.count(words)) == (1, 1)
    assert out.startswith("dev, staging, production: cannot be looked at")
    assert (deployed, err.count(words)) == (1, 1)
    assert ("aws sso login" in err) == ("signed in" in words)


@dataclass(frozen=True)
class Site:
    """A repository whose output can be changed and committed, and a cloud to deploy it to."""

    folder: Path
    capsys: pytest.CaptureFixture[str]

    def run(self, *arguments: str) -> tuple[int, str, str]:
        """Run a command there."""
        return run(self.capsys, *arguments)

    def json(self, *arguments: str) -> dict[str, object]:
        """Run a command that succeeds and return the document that it prints."""
        code, out, err = self.run(*arguments, "--json")
        assert (code, err) == (0, "")
        document: dict[str, object] = json.loads(out)
        return document

    def write(self, path: str, text: str, moment: int | None = None) -> str:
        """Change a file of the output and commit something, at a moment; return the release."""
        file = self.folder / "output" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        if moment is not None:
            commit(self.folder, moment)
        return seal(self.folder / "output").digest


def commit(folder: Path, moment: int) -> None:
    """Commit everything but the output, as if it were that moment."""
    when = f"{1_700_000_000 + moment} +0000"
    (folder / "moment").write_text(when)
    identity = ["-c", "user.name=A", "-c", "user.email=a@b.example", "-c", "commit.gpgsign=false"]
    for command in (["add", "."], [*identity, "commit", "-q", "-m", when, f"--date={when}"]):
        environment = {"PATH": "/usr/bin:/bin", "GIT_COMMITTER_DATE": when, "HOME": str(folder)}
        subprocess.run(["git", *command], cwd=folder, check=True, env=environment)


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCloud]:
    """Run the local cloud, whose edges hear of a flip within a moment."""
    folder = tmp_path_factory.mktemp("cloud")
    with running_cloud(folder, ROUTER.parent, {"X-Frame-Options": "DENY"}, port=0, delay=0.2) as running:
        yield running


def made_site(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Site:
    """Make a small site in a repository of its own, and go there."""
    folder.mkdir()
    monkeypatch.chdir(folder)
    subprocess.run(["git", "init", "-q", "."], cwd=folder, check=True)
    (folder / ".gitignore").write_text("output/\ndist/\n.output.*\n")
    one = Site(folder, capsys)
    for path in ("404.html", "410.html", "index.html", "about/index.html", "blog/index.html"):
        (folder / "output" / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / "output" / path).write_text(f"<h1>{path}</h1>")
    one.write("assets/site.0123456789.css", "h1 {}")
    one.write("redirects.json", json.dumps({"/old/": {"to": "/about/", "status": 308}, "/gone/": {"status": 410}}))
    one.write("index.html", "<h1>One</h1>", 1)
    return one


@pytest.fixture
def site(
    cloud: RunningCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Site]:
    """Return a small site in a repository of its own, and environments with nothing in them."""
    monkeypatch.setenv(FOLDER_VARIABLE, str(cloud.folder))
    yield made_site(tmp_path / "site", monkeypatch, capsys)
    for environment in cloud.environments:
        etag = environment.values.version().etag
        for key in list(environment.values.items()):
            etag = environment.update(etag, {}, [key])
        objects = bucket_of(cloud, environment.name)
        objects.delete(list(objects.listed("")))
        objects.close()


def bucket_of(cloud: RunningCloud, name: str) -> s3.S3ObjectStore:
    """Open an environment's bucket, past every command."""
    described = json.loads((cloud.folder / f"{name}.json").read_text())
    return aws.Account("us-east-1", aws.LOCAL_ACCESS).objects(described["bucket"], described["s3_endpoint"])


def test_a_release_goes_its_way_through_all_environments(site: Site, cloud: RunningCloud) -> None:
    """Deployed to staging, passed there, promoted, seen by visitors, and brought back."""
    first = seal(site.folder / "output").digest
    assert site.run("deploy", "local-staging")[0] == 0
    assert site.run("promote", "local-staging", "local-production")[0] == 3
    assert site.run("verdict", "local-staging", "passed")[0] == 0
    promoted = site.run("promote", "local-staging", "local-production", "--yes")
    second = site.write("index.html", "<h1>Two</h1>", 2)
    site.run("deploy", "local-staging")
    site.run("verdict", "local-staging", "passed")
    site.run("promote", "local-staging", "local-production")
    production = cloud.environments[2]

    assert (promoted[0], "0 uploads (0 bytes)" in promoted[1]) == (0, True)
    assert site.json("verify", "local-production", "--all")["site"] == []
    with urlopen(f"{production.urls[0]}/") as answer:  # noqa: S310 - an edge of the local cloud
        assert (answer.read(), answer.headers["x-amz-meta-release"]) == (b"<h1>Two</h1>", second)
    back = site.run("rollback", "local-production")
    again = site.run("rollback", "local-production")
    assert (back[0], f"Went back from {second} to {first}" in back[1]) == (0, True)
    assert (again[0], "was done before" in again[1]) == (0, True)
    assert site.json("verify", "local-production")["release"] == first
    assert [one["move"]["action"] for one in site.json("releases", "local-production")] == [  # type: ignore[index]
        "rollback",
        "promote",
        "promote",
    ]


def test_a_deploy_says_what_it_does_and_a_second_one_has_nothing_to_do(site: Site) -> None:
    """Stored, then pointed to, then looked at; and status knows."""
    before = site.run("status", "local-dev")
    first = site.run("deploy", "local-dev")
    second = site.run("deploy", "local-dev")
    after = site.run("status", "local-dev")

    digest = seal(site.folder / "output").digest
    assert "nothing yet" in before[1]
    assert first[1].splitlines()[-4:-2] == ["Stored: the release is complete.", f"Live: {digest}"]
    assert first[1].endswith("The live site is what was sealed.\n")
    assert second[1] == f"Release {digest} is live already; nothing to do.\n"
    assert digest[:12] in after[1]
    assert "not seen" in after[1]


def test_what_is_not_as_it_was_sealed_is_found_and_repaired(site: Site, cloud: RunningCloud) -> None:
    """In the bucket and on the site, each by its name."""
    site.run("deploy", "local-dev")
    digest = seal(site.folder / "output").digest
    objects = bucket_of(cloud, "local-dev")
    objects.delete([f"releases/{digest}/about/index.html"])
    objects.put(f"releases/{digest}/blog/index.html", StoredObject(b"<h1>blog/indeX.html</h1>", "text/html", ""))
    objects.put(f"releases/{digest}/stray.html", StoredObject(b"?", "text/html", ""))
    code, out, _ = site.run("verify", "local-dev", "--patience", "0", "--all")
    status = site.run("status", "local-dev")[1]
    site.run("deploy", "local-dev", "--repair", "--no-verify")
    repaired = site.run("verify", "local-dev", "--patience", "0", "--json")
    objects.close()

    assert code == 4
    assert f"releases/{digest}/about/index.html: it is missing" in out
    assert f"releases/{digest}/blog/index.html: its bytes are not those that were sealed" in out
    assert f"releases/{digest}/stray.html: it belongs to no file of the release" in out
    assert "2 files" in status
    assert "about" not in json.dumps(json.loads(repaired[1])["bucket"])


def test_a_manifest_that_somebody_has_changed_is_not_promoted(site: Site, cloud: RunningCloud) -> None:
    """It is not what its name says, whoever was asked about the name."""
    site.run("deploy", "local-dev")
    digest = seal(site.folder / "output").digest
    objects = bucket_of(cloud, "local-dev")
    site.write("index.html", "<h1>Another</h1>", 2)
    other = seal(site.folder / "output")
    objects.put(manifest_key(digest), StoredObject(other.packed(), "application/gzip", ""))
    objects.close()
    code, _, err = site.run("promote", "local-dev", "local-staging")

    assert (code, f"is that of {other.digest}: somebody has changed it" in err) == (1, True)


def test_a_deploy_that_visitors_do_not_see_as_sealed_goes_back_by_itself(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Here because the edges stay deaf; the ledger says why."""
    first = seal(site.folder / "output").digest
    site.run("deploy", "local-dev")
    second = site.write("index.html", "<h1>Two</h1>", 2)
    monkeypatch.setattr("site_builder.cli.releasing.SiteAddress", DeafSite)
    code, out, _ = site.run("deploy", "local-dev", "--patience", "0")
    live = site.json("status", "local-dev")["local-dev"]

    assert code == 4
    assert f"Went back to {first}." in out
    assert (live["live"], live["move"]["action"]) == (first, "rollback")  # type: ignore[index]
    assert live["move"]["why"] == "the live site was not what was sealed"  # type: ignore[index]
    assert second != first


class DeafSite:
    """A site that answers nothing right."""

    def __init__(self, _: str) -> None:
        """Take an address and forget it."""

    def ask(self, _: str) -> object:
        """Answer as a proxy does that has lost its origin."""
        from site_builder.release.connections import Answer  # noqa: PLC0415 - beside its use

        return Answer(502, {}, b"")

    def close(self) -> None:
        """Do nothing."""


def test_a_canary_begins_grows_and_ends(site: Site) -> None:
    """Each step is one word; a deploy meanwhile is refused."""
    site.run("deploy", "local-dev")
    second = site.write("index.html", "<h1>Two</h1>", 2)
    begun = site.json("canary", "local-dev", "--percent", "10")
    grown = site.json("canary", "local-dev", "--percent", "50")
    site.write("index.html", "<h1>Three</h1>", 3)
    refused = site.run("deploy", "local-dev")
    ended = site.json("canary", "local-dev", "--finish")
    none = site.run("canary", "local-dev", "--abort")

    assert (begun["canary"]["percent"], grown["canary"]["percent"]) == (10, 50)  # type: ignore[index]
    assert (refused[0], "a canary runs: 50 %" in refused[2]) == (3, True)
    assert (ended["live"], ended.get("canary")) == (second, None)
    assert (none[0], "no canary runs here" in none[2]) == (1, True)


def test_a_preview_is_beside_what_is_live(site: Site) -> None:
    """Under a name of its own, and never on production."""
    site.run("deploy", "local-dev")
    second = site.write("index.html", "<h1>Two</h1>", 2)
    shown = site.json("preview", "pr-12", "--in", "local-dev")
    listed = site.run("status", "local-dev")[1]
    removed = site.run("preview", "--remove", "pr-12", "--in", "local-dev")
    again = site.run("preview", "--remove", "pr-12", "--in", "local-dev")

    assert str(shown["url"]).startswith("http://pr-12.preview.localhost:")
    assert f"local-dev previews {second[:12]} as pr-12 until" in listed
    assert (removed[0], again[0]) == (0, 1)
    assert site.run("preview", "pr-12", "--in", "local-production")[0] == 3
    assert "part of a host's name" in site.run("preview", "PR_12", "--in", "local-dev")[2]
    assert site.run("preview")[0] == 1


def test_a_lock_keeps_everybody_out_and_says_why(site: Site) -> None:
    """Until it is taken away, by anybody, which the ledger keeps."""
    site.run("deploy", "local-dev")
    site.write("index.html", "<h1>Two</h1>", 2)
    site.run("lock", "local-dev", "--why", "a migration runs")
    refused = [site.run(*command) for command in (
        ("deploy", "local-dev"), ("rollback", "local-dev", "--to", "1"), ("prune", "local-dev"),
        ("canary", "local-dev", "--percent", "1"), ("lock", "local-dev", "--why", "me too"),
        ("preview", "pr-1", "--in", "local-dev"),
    )]  # fmt: skip
    status = site.run("status", "local-dev")[1]
    site.run("unlock", "local-dev")

    assert [(code, "a migration runs" in err) for code, _, err in refused] == [(3, True)] * 6
    assert "is locked by" in status
    assert site.run("deploy", "local-dev")[0] == 0
    assert site.run("unlock", "local-dev")[0] == 1


def test_a_site_is_closed_and_opened_by_one_write(site: Site, cloud: RunningCloud) -> None:
    """Every page is the one that says so; a deploy meanwhile keeps it closed."""
    site.write("503.html", "<h1>Closed</h1>", 2)
    site.run("deploy", "local-dev")
    closed = site.run("close", "local-dev", "--why", "the database moves")
    site.write("index.html", "<h1>Two</h1>", 3)
    deployed = site.run("deploy", "local-dev")
    time.sleep(0.5)
    with pytest.raises(HTTPError) as answer:
        urlopen(f"{cloud.environments[0].urls[0]}/about/")  # noqa: S310 - an edge of the local cloud
    status = site.run("status", "local-dev")[1]
    opened = site.run("open", "local-dev")

    assert [one[0] for one in (closed, deployed, opened)] == [0, 0, 0]
    assert (answer.value.code, answer.value.read()) == (503, b"<h1>Closed</h1>")
    answer.value.close()
    assert "local-dev is closed" in status
    assert site.run("verify", "local-dev")[0] == 0


def test_guards_say_everything_at_once(site: Site) -> None:
    """And nothing was written."""
    site.run("deploy", "local-production")
    refused = site.run("deploy", "local-production")
    (site.folder / "draft.md").write_text("not committed")
    unclean = site.run("deploy", "local-staging")

    assert refused[0] == 3
    assert "the smoke tests on staging have not seen it" in refused[2]
    assert (unclean[0], "differs from its commit: draft.md" in unclean[2]) == (3, True)
    assert site.json("status", "local-staging")["local-staging"]["move"]["number"] == 0  # type: ignore[index]


def test_an_older_commit_and_a_smaller_site_are_refused(site: Site) -> None:
    """Each can be wanted, and then it is said."""
    site.write("index.html", "<h1>Two</h1>", 5)
    site.run("deploy", "local-dev")
    site.write("index.html", "<h1>One</h1>", 4)
    older = site.run("deploy", "local-dev")
    site.write("index.html", "<h1>Three</h1>", 6)
    (site.folder / "output" / "blog" / "index.html").unlink()
    smaller = site.run("deploy", "local-dev")
    site.write("redirects.json", json.dumps({"/blog/": {"status": 410}, "/old/": {"to": "/about/", "status": 308}}))
    allowed = site.run("deploy", "local-dev", "--allow-shrink")

    assert (older[0], "older commit" in older[2]) == (3, True)
    assert (smaller[0], "1 of 5 pages would go: blog/index.html" in smaller[2]) == (3, True)
    assert "1 addresses would be lost: /blog/" in smaller[2]
    assert allowed[0] == 0


def test_differences_are_told_file_by_file(site: Site) -> None:
    """Of environments, releases and folders."""
    site.run("deploy", "local-dev")
    first = seal(site.folder / "output").digest
    site.write("index.html", "<h1>Two two</h1>", 2)
    site.write("new/index.html", "<h1>New</h1>", 3)
    code, out, _ = site.run("diff", "local-dev", "output")
    as_json = site.run("diff", f"local-dev:{first}", "local-dev", "--json")
    wrong = site.run("diff", "local-dev", "nowhere")

    assert code == 0
    assert out.splitlines() == [
        "  changed  index.html  (12 -> 16 bytes)",
        "  added    new/index.html  (12 bytes)",
        "1 added, 1 changed, 0 removed; +16 bytes",
    ]
    assert json.loads(as_json[1]) == []
    assert (wrong[0], "neither an environment" in wrong[2]) == (1, True)


def test_a_prune_says_first_what_it_would_delete(site: Site) -> None:
    """And deletes what nobody can go back to."""
    site.run("deploy", "local-dev")
    planned = site.run("prune", "local-dev", "--dry-run")
    done = site.json("prune", "local-dev", "--yes")
    unlocked = site.json("status", "local-dev")["local-dev"]

    assert (planned[0], planned[1].splitlines()[-1]) == (0, "0 objects would be deleted.")
    assert done["actions"] == []
    assert "lock" not in unlocked  # type: ignore[operator]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("rollback", "local-dev"), "nothing was live before"),
        (("rollback", "local-dev", "--to", "99"), "move 99: nothing was live after it"),
        (("rollback", "local-dev", "abc"), "give at least 4 letters"),
        (("rollback", "local-dev", "abcdef"), "no release that was live begins so"),
        (("promote", "local-staging", "local-dev"), "nothing is live there"),
        (("promote", "local-dev", "local-dev"), "FROM and TO are the same"),
        (("verify", "local-staging"), "nothing is live there"),
        (("verdict", "local-staging", "passed"), "nothing is live"),
        (("verdict", "local-dev", "passed", "--release", "abc"), "there is no release abc"),
        (("diff", "local-dev:abc", "local-dev"), "release abc is not kept there"),
    ],
)
def test_what_cannot_be_done_is_said_with_what_can(site: Site, arguments: tuple[str, ...], words: str) -> None:
    """No traceback, and the next step."""
    site.run("deploy", "local-dev")
    code, _, err = site.run(*arguments)

    assert (code, words in err) == (1, True), err


def test_an_empty_ledger_says_so(site: Site) -> None:
    """Nothing was ever live."""
    assert site.run("releases", "local-staging")[1] == "local-staging: nothing was ever live\n"


@pytest.fixture
def staging(aws_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """Describe a staging in the configuration bucket, as Terraform does; moto and a store here speak for AWS."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws_endpoint)
    bucket = f"staging-{uuid.uuid4()}"
    with serving_key_values([LocalEnvironment("one", MemoryKeyValues(), [])]) as address:
        described = {"name": "staging", "bucket": bucket, "region": "us-east-1", "account": MOTO_ACCOUNT}
        described |= {"kvs_arn": "arn:aws:cloudfront::123456789012:key-value-store/one", "kvs_endpoint": address}
        described |= {"site_url": "https://staging.example", "distribution_id": "E1"}
        aws.make_bucket(bucket, aws_endpoint)
        aws.make_bucket(configuration_bucket(MOTO_ACCOUNT), aws_endpoint)
        objects = aws.Account("us-east-1").objects(configuration_bucket(MOTO_ACCOUNT))
        stored = StoredObject(json.dumps(described).encode(), "application/json", "private")
        objects.put(configuration_key("staging"), stored)
        yield described
        objects.delete([configuration_key("staging")])
        objects.close()


def test_an_environment_is_found_by_its_name_alone(staging: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    """In the project's configuration bucket, whose name follows from the account."""
    code, out, _ = run(capsys, "status", "staging")

    assert (code, "nothing yet" in out) == (0, True)
    assert staging["name"] == "staging"


@pytest.mark.usefixtures("staging")
@pytest.mark.parametrize("command", ["plan", "deploy", "status"])
def test_an_environment_that_nobody_described_is_refused(
    output: Path, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """With what describes it."""
    options = [] if command == "status" else ["--output", str(output)]
    code, out, err = run(capsys, command, "production", *options)

    assert (code, "Apply Terraform in infra/environments/production" in out + err) == (1, True)


def test_the_credentials_of_another_account_are_refused(
    output: Path, staging: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before anything is written."""
    monkeypatch.chdir(output.parent)
    monkeypatch.setenv(VARIABLE, json.dumps({**staging, "name": "dev", "account": "210987654321"}))
    code, _, err = run(capsys, "deploy", "dev", "--output", str(output), "--no-verify")

    assert code == 1
    assert f"belongs to account 210987654321, and these credentials are of {MOTO_ACCOUNT}" in err
    assert "nothing yet" in run(capsys, "status", "dev")[1]


def test_an_aws_that_does_not_answer_is_said_without_a_traceback(
    output: Path, staging: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The evidence, and what to do."""
    monkeypatch.setenv(VARIABLE, json.dumps({**staging, "name": "dev"}))
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setattr(s3, "TRIES", 1)
    code, _, err = run(capsys, "deploy", "dev", "--output", str(output))

    assert (code, "refused" in err, "run the command again" in err) == (1, True, True)


@pytest.mark.parametrize(
    ("typed", "guess"), [("stagin", "Did you mean `staging`?"), ("prod", "Did you mean `production`?"), ("xyz", "")]
)
def test_a_mistyped_environment_is_guessed(typed: str, guess: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A typing mistake must never deploy anything; where there is nothing to guess, nothing is guessed."""
    code, _, err = run(capsys, "deploy", typed)

    assert (code, guess in err, "Did you mean" in err) == (2, True, bool(guess))


def test_a_share_is_a_share(capsys: pytest.CaptureFixture[str]) -> None:
    """From 0 to 100."""
    assert run(capsys, "canary", "dev", "--percent", "101")[0] == 2
    assert run(capsys, "prune", "dev", "--keep", "0")[0] == 2


def test_the_help_says_what_it_is_and_how_it_ends(capsys: pytest.CaptureFixture[str]) -> None:
    """Worth reading, exit codes included."""
    code, out, _ = run(capsys, "--help")

    assert (code, "Exit codes" in out, "refused by a guard" in out) == (0, True, True)


COMMANDS = (
    *("plan", "deploy", "promote", "canary", "preview", "rollback", "prune", "status", "releases", "diff", "verify"),
    *("cloud", "lock", "unlock", "verdict", "close", "open"),
)


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_a_help_of_its_own(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """More than a list of options: what it does in sentences."""
    code, out, _ = run(capsys, command, "--help")
    text = out.partition("\n\n")[2].partition("\n\n")[0]

    assert code == 0
    assert len(text.split()) >= 12


def commit_of(site: Site, moment: int, text: str) -> tuple[str, str]:
    """Make a release of a commit of its own; return its digest and the commit."""
    digest = site.write("index.html", text, moment)
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=site.folder, capture_output=True, text=True, check=True)
    return digest, head.stdout.strip()


def test_a_promotion_can_name_the_commit(site: Site) -> None:
    """Whatever was deployed since, it takes those bytes, and refuses what the first environment never had."""
    first, commit = commit_of(site, 10, "first")
    site.json("deploy", "local-dev")
    commit_of(site, 20, "second")
    site.json("deploy", "local-dev")
    promoted = site.json("promote", "local-dev", "local-staging", "--commit", commit)
    code, _, err = site.run("promote", "local-dev", "local-staging", "--commit", "0" * 40)

    assert promoted["release"] == first
    assert (code, "nothing was live there that was made of commit" in err, "Push that very commit" in err) == (
        1,
        True,
        True,
    )


def test_a_promotion_can_begin_as_a_canary(site: Site) -> None:
    """A share of the viewers gets it; where nothing is live yet, all do."""
    first, _ = commit_of(site, 10, "first")
    site.json("deploy", "local-dev")
    site.json("promote", "local-dev", "local-staging", "--percent", "10")
    second, _ = commit_of(site, 20, "second")
    site.json("deploy", "local-dev")
    said = site.json("promote", "local-dev", "local-staging", "--percent", "10")
    canary = said["canary"]

    assert isinstance(canary, dict)
    assert (said["live"], canary["release"], canary["percent"]) == (first, second, 10)


def test_what_was_made_of_a_commit_is_withdrawn_wherever_it_has_got_to(site: Site) -> None:
    """As a canary it is taken away, as what is live it is gone back from; and nothing else is touched."""
    first, _ = commit_of(site, 10, "first")
    site.json("deploy", "local-staging")
    _, commit = commit_of(site, 20, "second")
    site.json("canary", "local-staging", "--percent", "50")
    aborted = site.json("withdraw", "local-staging", "--commit", commit)
    site.json("deploy", "local-staging")
    gone_back = site.json("withdraw", "local-staging", "--commit", commit)
    code, out, _ = site.run("withdraw", "local-staging", "--commit", commit)

    assert (aborted["live"], "canary" in aborted) == (first, False)
    assert gone_back["live"] == first
    assert (code, "nothing is done" in out) == (0, True)


def test_an_alarm_ends_a_watch_with_its_own_exit_code(site: Site, cloud: RunningCloud) -> None:
    """The local cloud's rings when an edge fails, as nothing is live there yet."""
    # What the test before had made live may be known to the edge for a moment yet.
    while ask(cloud.environments[0].urls[0], "/")[0] != 503:
        time.sleep(0.05)
    code, out, _ = site.run("watch", "local-dev", "--seconds", "1")
    # An alarm falls silent some seconds after the last failure.
    rings = [site.run("watch", "local-production", "--seconds", "1")[0] for _ in range(8)]

    assert (code, "was answered 503" in out, "withdraw" in out) == (4, True, True)
    assert rings[-1] == 0
    assert site.json("watch", "local-production", "--seconds", "1") == {"ringing": []}


def test_an_environment_without_alarms_is_not_watched_in_vain(
    site: Site, cloud: RunningCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A watch that could never ring would let everything through."""
    described = json.loads((cloud.folder / "local-dev.json").read_text())
    (tmp_path / "local-dev.json").write_text(json.dumps({**described, "alarms": []}))
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    code, _, err = site.run("watch", "local-dev")

    assert (code, "it has no alarms" in err) == (1, True)


def test_a_backup_that_is_too_old_or_missing_is_a_failure(
    site: Site, cloud: RunningCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An environment without a database has none, and that is said."""
    code, out, _ = site.run("backups", "local-dev")
    described = json.loads((cloud.folder / "local-dev.json").read_text())
    (tmp_path / "local-dev.json").write_text(json.dumps({**described, "backup_vault": "vault"}))
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    said = []
    for newest in (time.time() - 7200, time.time() - 30 * 3600, None):
        monkeypatch.setattr(aws.Account, "newest_backup", lambda _self, _vault, newest=newest: newest)
        said.append(site.run("backups", "local-dev"))

    assert (code, "has no backups" in out) == (0, True)
    assert [one[0] for one in said] == [0, 1, 1]
    assert "is 2 h old" in said[0][1]
    assert "30 h" in said[1][2] or "1 d" in said[1][2]
    assert "it holds no complete backup" in said[2][2]
