"""Write docs/infra.md: what each part of infra/ asks for and gives, as its own variables and outputs describe it.

    python tools/infra_docs.py

Terraform's language is read as `terraform fmt` writes it: a block begins and ends at the left edge.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
INFRA = ROOT / "infra"
DOCUMENT = ROOT / "docs" / "infra.md"
# The three are alike but for their name, which a test holds them to; one stands for all.
ENVIRONMENTS = "environments/dev"
BLOCK = re.compile(r'^(?P<kind>variable|output) "(?P<name>\w+)" \{\n(?P<body>.*?)^\}', re.MULTILINE | re.DOTALL)
# An argument goes on until the next one at its own depth.
ARGUMENT = r"^  {name}\s*=\s*(?P<value>.*?)(?=^  \w|^  #|\Z)"
INTRODUCTION = """\
# What each part of the ground asks for and gives

Made from the descriptions in `infra/` by `make describe`; edit them there. How the parts fit together is in
[infra/README.md](../infra/README.md), how an environment is made in [runbooks/set-up.md](runbooks/set-up.md).
"""


@dataclass(frozen=True)
class Described:
    """A variable or an output, as it describes itself."""

    kind: str
    name: str
    description: str
    type: str
    # None where a value must be given.
    default: str | None


def read_described(text: str) -> Iterator[Described]:
    """Read the variables and outputs of a file."""
    for block in BLOCK.finditer(text):
        body = block["body"]
        description = re.search(r'^  description\s*=\s*"(.*)"$', body, re.MULTILINE)
        yield Described(
            block["kind"],
            block["name"],
            description[1].replace(r"\"", '"') if description else "",
            _argument(body, "type") or "",
            _argument(body, "default"),
        )


def _argument(body: str, name: str) -> str | None:
    found = re.search(ARGUMENT.format(name=name), body, re.MULTILINE | re.DOTALL)
    if not found:
        return None
    one_line = re.sub(r"\s+", " ", re.sub(r"\s*#.*", "", found["value"])).strip()
    # What was written on lines of its own is separated by commas on one.
    return re.sub(r"([{(]) ", r"\1 ", re.sub(r"(?<=[\w)\]}\"]) (?=\w+ = )", ", ", one_line))


def parts() -> list[Path]:
    """Return every folder that is described, in the order in which one comes to them."""
    modules = sorted({file.parent for file in (INFRA / "modules").glob("*/*.tf")})
    return [INFRA / "account", INFRA / ENVIRONMENTS, *modules]


def write_document(folders: Iterable[Path]) -> str:
    """Write all of it as one page."""
    return "\n".join([INTRODUCTION, *(_section(folder) for folder in folders)])


def _section(folder: Path) -> str:
    described = [one for file in sorted(folder.glob("*.tf")) for one in read_described(file.read_text())]
    name = folder.relative_to(INFRA).as_posix().replace(ENVIRONMENTS, "environments/*")
    asked = [[one.name, one.description, f"`{one.type}`", _unless(one)] for one in described if one.kind == "variable"]
    given = [[one.name, one.description] for one in described if one.kind == "output"]
    tables = [_table(["asks for", "", "type", "unless given"], asked), _table(["gives", ""], given)]
    return f"## infra/{name}\n\n" + "\n".join(table for table in tables if table)


def _unless(one: Described) -> str:
    return "(must be given)" if one.default is None else f"`{one.default}`"


def _table(head: list[str], rows: list[list[str]]) -> str:
    if not rows:
        return ""
    lines = [head, ["---"] * len(head), *([f"`{name}`", *more] for name, *more in sorted(rows))]
    # A bar in a cell would end it.
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


def main() -> None:
    """Write the document."""
    DOCUMENT.write_text(write_document(parts()))


if __name__ == "__main__":
    main()
