"""Write what a plan says into the content folder; a file that is there is never touched."""

from __future__ import annotations

import shutil
from pathlib import Path

from site_builder.errors import ImportingError
from site_builder.importing.values import Plan


def write_plan(plan: Plan, content: Path) -> None:
    """Write every text, and the files beside it first: a text without its pictures would be taken for done."""
    for text in plan.texts:
        target = content / text.path
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            for copy in text.copies:
                # Opened for a new file only: what came between plan and act stays too.
                with copy.source.open("rb") as source, (content / copy.target).open("xb") as beside:
                    shutil.copyfileobj(source, beside)
            with target.open("x", encoding="utf-8", errors="replace", newline="\n") as file:
                file.write(text.content)
        except OSError as error:
            what = f"it cannot be written: {error.strerror or error}"
            raise ImportingError(str(target), what, "Mend that and import again: what is done stays.") from error
