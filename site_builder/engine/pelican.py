"""Pelican, without its habit of going on."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import Any

import jinja2
from blinker import ANY, NamedSignal
from pelican import Pelican
from pelican.plugins import signals

from site_builder.engine.complaints import complaints_are_errors
from site_builder.errors import BuildError


class SitePelican(Pelican):  # type: ignore[misc] # Pelican is not typed.
    """A Pelican that refuses what it would have skipped."""

    def __init__(self, settings: dict[str, Any]) -> None:
        """Load the plugins, all of them or none, and none of an earlier build's."""
        _disconnect_plugins()
        with complaints_are_errors():
            super().__init__(settings)

    def run(self) -> None:
        """Build the site, or say everything that stands in the way."""
        try:
            with complaints_are_errors():
                super().run()
        except jinja2.TemplateSyntaxError as error:
            raise _template_error(f"{_shown(error.filename)}:{error.lineno}", error) from error
        except jinja2.TemplateError as error:
            raise _template_error(_innermost_template_line(error, Path(self.theme)), error) from error


def _disconnect_plugins() -> None:
    """Undo what plugins of an earlier build in this process connected: Pelican's signals are the process's own.

    Without this a second site would be built with the first one's plugins. Each plugin of this build connects anew when
    Pelican calls its `register()`.
    """
    for signal in vars(signals).values():
        if isinstance(signal, NamedSignal):
            for receiver in list(signal.receivers_for(ANY)):
                signal.disconnect(receiver)


def _template_error(where: str, error: jinja2.TemplateError) -> BuildError:
    return BuildError(where, f"the template failed: {error.message}", "Mend the template at that line.")


def _innermost_template_line(error: BaseException, theme: Path) -> str:
    """Find the template line that was running: Jinja rewrites its tracebacks to the template's own lines."""
    frames = traceback.extract_tb(error.__traceback__)
    in_theme = [frame for frame in frames if Path(frame.filename).is_relative_to(theme.resolve())]
    return f"{_shown(in_theme[-1].filename)}:{in_theme[-1].lineno}" if in_theme else _shown(str(theme))


def _shown(file: str | None) -> str:
    """Return a path as a person in the project's folder would write it."""
    path, here = Path(file or "a template"), Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)
