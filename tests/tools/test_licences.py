"""A package may be used if one of the licences that it offers is on the list."""

from __future__ import annotations

from email.message import Message

import pytest

from tools.licences import faults_of, main


def said(**fields: str) -> Message:
    """Return what a package says of itself."""
    message = Message()
    for name, value in fields.items():
        for one in value.split("|"):
            message[name.replace("_", "-")] = one
    return message


@pytest.mark.parametrize(
    "read",
    [
        said(License_Expression="MIT"),
        said(License_Expression="MIT AND PSF-2.0"),
        said(License_Expression="Proprietary OR (Apache-2.0)"),
        said(Classifier="License :: OSI Approved :: BSD License|Topic :: Text"),
        said(Classifier="License :: OSI Approved :: MIT License", License="A long text\nof many lines"),
        said(License="Apache 2.0"),
        said(License="MPL-2.0"),
    ],
)
def test_what_is_on_the_list_may_be_used(read: Message) -> None:
    """However a package says it."""
    assert list(faults_of("one", read)) == []


@pytest.mark.parametrize(
    ("read", "words"),
    [
        (said(License_Expression="SSPL-1.0"), "SSPL-1.0 is not on the list"),
        (said(License_Expression="MIT AND Proprietary"), "MIT and Proprietary is not on the list"),
        (said(), "it says no licence that is known here"),
        (said(Classifier="License :: Other/Proprietary License"), "it says no licence that is known here"),
        (said(License="A long text\nof many lines"), "it says no licence that is known here"),
    ],
)
def test_what_is_not_known_is_a_fault_and_no_guess(read: Message, words: str) -> None:
    """Somebody has to read it."""
    assert words in "".join(faults_of("one", read))


def test_everything_that_is_installed_here_may_be_used(capsys: pytest.CaptureFixture[str]) -> None:
    """The locks of this very product."""
    assert main() == 0, capsys.readouterr().out
