"""A command that a runbook gives can be typed: each program, subcommand, option, output and file in it exists.

What AWS's own command line takes is made from the same descriptions that botocore has, so those are asked.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout, suppress
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from botocore import xform_name
from botocore.session import Session

from site_builder.cli.publish import main
from tools.infra_docs import read_described

ROOT = Path(__file__).resolve().parents[1]
PAGES = [*sorted((ROOT / "docs" / "runbooks").glob("*.md")), ROOT / "infra" / "README.md"]
BLOCK = re.compile(r"^ *```sh\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`((?:aws|terraform|publish\.py|\.venv/bin/python publish\.py|make) [^`]+)`")
ENDS = {"|", "||", "&&", ";", ">", "<"}
# What AWS's command line has beyond the services' own descriptions.
AWS_ALWAYS = {"query", "output", "region", "profile", "cli-binary-format", "cli-input-json", "no-cli-pager"}
AWS_OWN = {("s3", "sync"), ("sso", "login"), ("sso", "logout"), ("rds", "generate-db-auth-token")}
TERRAFORM = {"init", "plan", "apply", "import", "output", "state", "test", "validate", "fmt"}
# Programs of other people, which a page may name.
OTHERS = {
    "export",
    "true",
    "git",
    "gh",
    "curl",
    "jq",
    "openssl",
    "pg_dump",
    "pg_restore",
    "psql",
    "createdb",
    "docker",
    "sleep",
    "grep",
}
ASSIGNED = re.compile(r"^[A-Z_]+=")


def names(paths: Sequence[Path]) -> list[str]:
    """Return paths as test names."""
    return [path.relative_to(ROOT).as_posix() for path in paths]


def commands(text: str) -> Iterator[list[str]]:
    """Return every command of a page, those inside of other commands and of sentences too, word for word."""
    blocks = [block.replace("\\\n", " ") for block in BLOCK.findall(text)]
    lines = [line for block in blocks for line in block.replace("|\n", "| ").splitlines()]
    for line in [*lines, *(one for one in INLINE.findall(BLOCK.sub("", text)) if "…" not in one)]:
        inner = re.findall(r"\$\(([^()]*)\)", line)
        for one in [re.sub(r"\$\([^()]*\)", "X", line), *inner]:
            yield from _simple(one)


def _simple(line: str) -> Iterator[list[str]]:
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|&;<>")
    lexer.whitespace_split, lexer.commenters = True, "#"
    command: list[str] = []
    for word in lexer:
        if word in ENDS:
            yield command
            # Where a redirection leads is no command.
            command = ["true"] if word in "<>" else []
        elif command or not ASSIGNED.match(word):
            command.append(word)
    yield command


def complaints(command: list[str]) -> Iterator[str]:
    """Say what of a command does not exist."""
    if not command:
        return
    program, *rest = command
    if "publish.py" in command[:2]:
        yield from _of_publish(command[command.index("publish.py") + 1 :])
    elif program in LOOKED_AT:
        yield from LOOKED_AT[program](rest)
    elif program not in OTHERS:
        yield f"nobody knows {program}"


def _of_python(words: list[str]) -> Iterator[str]:
    if not (ROOT / words[0]).is_file():
        yield f"there is no {words[0]}"


def _of_cd(words: list[str]) -> Iterator[str]:
    if not (ROOT / words[0]).is_dir():
        yield f"there is no folder {words[0]}"


def _of_make(words: list[str]) -> Iterator[str]:
    targets = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    yield from (f"no make {word}" for word in words if "=" not in word and word not in targets)


def _of_publish(words: list[str]) -> Iterator[str]:
    if not words:
        return
    name, *rest = words
    known = _options(name)
    if not known:
        yield f"no publish.py {name}"
    yield from (f"no publish.py {name} {word}" for word in rest if word.startswith("--") and word not in known)


@cache
def _options(name: str) -> frozenset[str]:
    """Return the options that a command says it has, or none where there is no such command."""
    said = StringIO()
    with redirect_stdout(said), redirect_stderr(StringIO()), suppress(SystemExit):
        main([name, "--help"])
    return frozenset(re.findall(r"--[a-z-]+", said.getvalue()))


def _of_terraform(words: list[str]) -> Iterator[str]:
    subcommand, *rest = words
    if subcommand not in TERRAFORM:
        yield f"no terraform {subcommand}"
    if subcommand == "output":
        outputs = {
            one.name
            for folder in ("account", "environments/dev")
            for one in read_described((ROOT / "infra" / folder / "outputs.tf").read_text())
            if one.kind == "output"
        }
        yield from (f"no output {word}" for word in rest if not word.startswith("-") and word not in outputs)
    if subcommand in {"import", "state"} or any(word.startswith("-replace=") for word in rest):
        yield from _of_address(rest)


def _of_address(words: list[str]) -> Iterator[str]:
    """Look for the resources that are named: a module's are in the folder of its name."""
    for address in re.findall(r"(?:module\.[\w\[\]0-9.]*)?aws_\w+\.\w+", " ".join(words)):
        kind, name = address.split(".")[-2:]
        folders = re.findall(r"module\.(\w+)", address)
        folder = ROOT / "infra" / (f"modules/{folders[-1]}" if folders else "account")
        text = "".join(file.read_text() for file in folder.glob("*.tf"))
        if f'resource "{kind}" "{name}"' not in text:
            yield f"no {kind}.{name} in {folder.relative_to(ROOT)}"


def _of_aws(words: list[str]) -> Iterator[str]:
    if tuple(words[:2]) in AWS_OWN:
        return
    service, *rest = words
    model = _model(service)
    if model is None:
        yield f"no aws {service}"
        return
    operations = {xform_name(name, "-"): name for name in model.operation_names}
    if not rest or rest[0] not in operations:
        yield f"no aws {' '.join(words[:2])}"
        return
    shape = model.operation_model(operations[rest[0]]).input_shape
    takes = {xform_name(name, "-") for name in shape.members} if shape else set()
    for word in rest[1:]:
        option = word.removeprefix("--").partition("=")[0]
        # A yes or no is said by the option's name or by its opposite.
        if word.startswith("--") and not {option, option.removeprefix("no-")} & (takes | AWS_ALWAYS):
            yield f"no aws {service} {rest[0]} --{option}"


@cache
def _model(service: str) -> Any:
    session = Session()
    name = {"s3api": "s3", "deploy": "codedeploy"}.get(service, service)
    return session.get_service_model(name) if name in session.get_available_services() else None


LOOKED_AT: Mapping[str, Callable[[list[str]], Iterator[str]]] = {
    "make": _of_make,
    "aws": _of_aws,
    "terraform": _of_terraform,
    "cd": _of_cd,
    **dict.fromkeys(("python", "python3", ".venv/bin/python"), _of_python),
}


@pytest.mark.parametrize("page", PAGES, ids=names(PAGES))
def test_every_command_of_a_page_exists(page: Path) -> None:
    """At night, with an alarm ringing, is no time to find out that an option was renamed."""
    assert [wrong for command in commands(page.read_text()) for wrong in complaints(command)] == []


def test_a_page_is_read_as_it_is_typed() -> None:
    """Lines that go on, commands in commands and in sentences, pipes and variables before a command."""
    typed = 'A="$(aws sts get-caller-identity --query Account)"\nX=1 make \\\n  package | jq .'
    text = f"By `make plan ENV=dev`:\n```sh\n{typed}\n```\n"

    assert [one for one in commands(text) if one] == [
        ["aws", "sts", "get-caller-identity", "--query", "Account"],
        ["make", "package"],
        ["jq", "."],
        ["make", "plan", "ENV=dev"],
    ]


@pytest.mark.parametrize(
    "line",
    [
        "make no-such",
        ".venv/bin/python publish.py fly production",
        ".venv/bin/python publish.py rollback production --sideways",
        "aws s4 list",
        "aws s3api create-buckets",
        "aws s3api create-bucket --buckets one",
        "terraform output no_such",
        "terraform conquer",
        "terraform import 'module.environment.module.database[0].aws_db_instance.that[0]' one",
        "cd infra/nowhere",
        ".venv/bin/python tools/no_such.py",
        "frobnicate",
    ],
)
def test_what_does_not_exist_is_found(line: str) -> None:
    """Each kind of mistake is seen."""
    assert [wrong for command in commands(f"```sh\n{line}\n```") for wrong in complaints(command)] != []
