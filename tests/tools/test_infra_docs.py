"""docs/infra.md is what infra/ says of itself."""

from __future__ import annotations

from tools.infra_docs import DOCUMENT, INFRA, Described, parts, read_described, write_document

TEXT = """
variable "domain" {
  description = "The host | name."
  type = object({
    name = string # as visitors write it
    more = optional(set(string), [])
  })
  default = null

  validation {
    condition     = true
    error_message = "No default = here."
  }
}

variable "days" {
  description = "How long."
  type        = number
}

output "url" {
  description = "Where."
  value       = local.url
}
"""


def test_the_document_is_up_to_date() -> None:
    """Whoever changes a variable runs `make describe`."""
    assert DOCUMENT.read_text() == write_document(parts())


def test_every_part_is_described() -> None:
    """One page for all of them, the environments as one."""
    text = DOCUMENT.read_text()
    folders = {file.parent.relative_to(INFRA).as_posix() for file in INFRA.glob("**/*.tf")}

    assert [name for name in folders if not name.startswith("environments/") and f"## infra/{name}\n" not in text] == []
    assert "## infra/environments/*\n" in text


def test_a_variable_is_read_with_its_type_and_what_holds_unless_it_is_given() -> None:
    """Types on many lines become one; a block inside is no argument."""
    assert list(read_described(TEXT)) == [
        Described(
            "variable",
            "domain",
            "The host | name.",
            "object({ name = string, more = optional(set(string), []) })",
            "null",
        ),
        Described("variable", "days", "How long.", "number", None),
        Described("output", "url", "Where.", "", None),
    ]
