"""One build: what the last one left, what has changed since, and what is therefore to be made.

The stages, each of which ends in values that the next one takes::

    ground      the settings and the last build's state: may anything of it be kept?
    texts       the changed texts are read, the others restored; then Pelican and its plugins work on all of them
    changes     which facts about texts and site are other than they were
    making      the pages that had read one of those facts
    finishing   files into their places, the state last
"""

from __future__ import annotations

from typing import Any

from site_builder.engine.changes import Changes
from site_builder.engine.finishing import Finishing
from site_builder.engine.ground import Ground
from site_builder.engine.making import Making
from site_builder.engine.texts import Texts


class Work:
    """The stages of one build, in their order."""

    def __init__(self, settings: dict[str, Any], **options: Any) -> None:
        """Prepare a build with these settings; nothing is touched yet."""
        self.ground = Ground(settings, **options)
        self.texts = Texts(self.ground)
        self.changes = Changes(self.ground, self.texts)
        self.making = Making(self.ground, self.texts, self.changes)
        self.finishing = Finishing(self.ground, self.texts, self.changes, self.making)

    def open(self, settings: dict[str, Any]) -> None:
        """Open the state of the last build, and decide what of it may be kept."""
        self.ground.open(settings)
        self.texts.open()
