"""Pelican's generators: linear where theirs grow with the square of the site, and nothing is read twice."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pelican.generators
from pelican.utils import posixize_path

from site_builder.engine.inputs import Listing

if TYPE_CHECKING:
    from site_builder.engine.work import Work


class InOrder(set):  # type: ignore[type-arg]
    """A set of paths that is walked in order: Pelican's own is walked as the machine's hash seed has it."""

    def __iter__(self) -> Iterator[Any]:
        return iter(sorted(set.__iter__(self)))

    def __or__(self, other: Any) -> InOrder:
        return InOrder(set.__or__(self, other))

    __ror__ = __or__


class _Reading:
    """What all generators that read the content folder have in common."""

    work: Work
    kind: str
    path: str
    settings: dict[str, Any]
    readers: Any
    context: dict[str, Any]

    def get_files(self, paths: Any, exclude: Any = None, extensions: Any = None) -> InOrder:
        """Return Pelican's answer from the one walk through the content folder."""
        if extensions is None:
            extensions = self.readers.extensions
        listing = Listing(
            (paths,) if isinstance(paths, str) else tuple(paths),
            tuple(exclude or ()),
            None if extensions is False else frozenset(extensions),
        )
        return InOrder(self.work.texts.list_files(listing))

    def _check_disabled_readers(self, paths: Any, exclude: Any) -> None:
        if self.readers.disabled_extensions:
            super()._check_disabled_readers(paths, exclude)  # type: ignore[misc]

    def add_source_path(self, content: Any, static: bool = False) -> None:
        """Note where a text lies, for links to it."""
        key = "static_content" if static else "generated_content"
        self.context[key][content.relative_source_path] = content

    def add_static_links(self, content: Any) -> None:
        """Note which files a text links to."""
        self.context["static_links"] |= self.work.texts.static_links(content)

    def save_cache(self) -> None:
        """Leave Pelican's own cache alone: the engine's state is in its place."""


class _ReadingTexts(_Reading):
    """What the generators of articles and pages have in common besides: their texts are read ahead, and kept."""

    def generate_context(self) -> None:
        """Read what is to be read, in several processes, and then go on as Pelican does."""
        kind = self.kind.upper()
        paths = self.get_files(self.settings[f"{kind}_PATHS"], exclude=self.settings[f"{kind}_EXCLUDES"])
        with self.work.texts.reading(self, paths):
            super().generate_context()  # type: ignore[misc]

    def get_cached_data(self, filename: str, default: Any = None) -> Any:
        """Return the text as the last build read it, where nothing has changed."""
        return self.work.texts.restored(self, filename) or default

    def cache_data(self, filename: str, data: Any) -> None:
        """Keep a text that was read and is valid."""
        self.work.texts.keep(self, filename, data)


class ArticlesGenerator(_ReadingTexts, pelican.generators.ArticlesGenerator):  # type: ignore[misc]
    """Pelican's generator of articles, in linear time."""

    kind = "article"
    dates: list[Any]

    def _build_period_archives(self, sorted_articles: Any, articles: Any, settings: Any) -> Any:
        archives = super()._build_period_archives(sorted_articles, [], settings)
        place = {id(article): number for number, article in enumerate(articles)}
        for periods in archives.values():
            for archive in periods:
                archive["articles"] = sorted(
                    (article for article in archive["dates"] if id(article) in place), key=lambda one: place[id(one)]
                )
        return archives

    def generate_tags(self, write: Any) -> None:
        """Write the pages of tags."""
        self._generate_listed(write, super().generate_tags)

    def generate_categories(self, write: Any) -> None:
        """Write the pages of categories."""
        self._generate_listed(write, super().generate_categories)

    def generate_authors(self, write: Any) -> None:
        """Write the pages of authors."""
        self._generate_listed(write, super().generate_authors)

    def _generate_listed(self, write: Any, generate: Any) -> None:
        """Let Pelican write the pages, but find the dates of each by their places instead of by searching.

        Pelican asks of each article of the site whether it is among those of the tag. Here it finds no article to ask
        about, and the dates are put in afterwards.
        """
        dates, self.dates = self.dates, []
        place = {id(article): number for number, article in enumerate(dates)}

        def write_with_dates(*arguments: Any, **options: Any) -> None:
            among = {id(article): article for article in options["articles"] if id(article) in place}
            options["dates"] = sorted(among.values(), key=lambda article: place[id(article)])
            write(*arguments, **options)

        try:
            generate(write_with_dates)
        finally:
            self.dates = dates


class PagesGenerator(_ReadingTexts, pelican.generators.PagesGenerator):  # type: ignore[misc]
    """Pelican's generator of pages."""

    kind = "page"


class StaticGenerator(_Reading, pelican.generators.StaticGenerator):  # type: ignore[misc]
    """Pelican's generator of static files; what has not changed is not copied."""

    kind = "static"

    def generate_context(self) -> None:
        """Note the files that are to be published."""
        with self.work.texts.reading(self, ()):
            super().generate_context()
        for file in self.staticfiles:
            # What a plugin added was never read, and has no key; whoever asks for it later needs the full build. Not
            # by its address: a file whose address was asked for cannot be attached to a text any more.
            file.__dict__.setdefault("_key", f"static:{file.source_path}")

    def _file_update_required(self, staticfile: Any) -> bool:
        return self.work.making.wants_copy(
            os.path.join(self.path, staticfile.source_path), posixize_path(staticfile.save_as)
        ) and bool(super()._file_update_required(staticfile))


OWN: dict[type, type] = {
    pelican.generators.ArticlesGenerator: ArticlesGenerator,
    pelican.generators.PagesGenerator: PagesGenerator,
    pelican.generators.StaticGenerator: StaticGenerator,
}


def process_translations(content_list: list[Any], translation_id: Any = None) -> tuple[list[Any], list[Any]]:
    """Find translations, by Pelican's rules: most texts have none, and are not searched for them.

    Pelican asks of each text whether it is in the list of originals; here only texts of one group are compared.
    """
    if not translation_id or not content_list or not _comparable(content_list, translation_id):
        found = pelican.utils.process_translations(content_list, translation_id)
        return found[0], found[1]
    ids = {translation_id} if isinstance(translation_id, str) else translation_id
    by_id = pelican.utils.attrgetter(*ids)
    content_list.sort(key=by_id)
    originals: list[Any] = []
    original_ids: set[int] = set()
    group: list[Any] = []
    for text, following in zip(content_list, [*content_list[1:], None], strict=True):
        group.append(text)
        if following is not None and by_id(following) == by_id(text):
            continue
        if len(group) == 1 and "translation" not in text.metadata:
            found = group
            text.translations = []
        else:
            found, _ = pelican.utils.process_translations(group, translation_id)
        originals.extend(found)
        original_ids.update(map(id, found))
        group = []
    return originals, [text for text in content_list if id(text) not in original_ids]


def _comparable(content_list: list[Any], translation_id: Any) -> bool:
    """Say whether each text has what translations are told by; Pelican says it better where one has not."""
    ids = {translation_id} if isinstance(translation_id, str) else translation_id
    try:
        return all(hasattr(text, name) for text in content_list for name in ids)
    except TypeError:
        return False
