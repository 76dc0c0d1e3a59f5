"""Write the links of a text anew: to texts that are imported too, and to files that are copied beside it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import quote, unquote, urljoin

from site_builder.importing.files import find_file, is_picture, path_of, safe_name, split_address
from site_builder.importing.prose import rewrite_prose
from site_builder.importing.values import BY_NAME, Draft, Export, Fault

# The end of a link or picture: `](target "title")`.
TAIL = re.compile(
    r"\]\(\s*(?P<target><[^<>\n]*>|[^()\s]*(?:\([^()\s]*\)[^()\s]*)*)"
    r"(?P<title>\s+(?:\"[^\"]*\"|'[^']*'|\([^()]*\)))?\s*\)"
)
DEFINITION = re.compile(r"^(?P<before> {0,3}\[(?!\^)[^\]]+\]:\s*)<?(?P<target>[^\s<>]+)>?", re.MULTILINE)
ATTRIBUTE = re.compile(r"(?P<before><(?P<tag>\w+)\b[^<>]*?\s(?:src|href)=)(?P<quote>[\"'])(?P<target>.*?)(?P=quote)")
STAYS = re.compile(r"#|(?:mailto|tel|data|javascript|sms|ftp):|\{(?:filename|static|attach)\}", re.IGNORECASE)


@dataclass(frozen=True)
class Index:
    """Where every text of the export will lie, by its old addresses and by its names."""

    addresses: Mapping[str, PurePosixPath]
    names: Mapping[str, PurePosixPath]
    drafts: frozenset[PurePosixPath]


def bare(address: str) -> str:
    """Return an address as all its spellings have it in common."""
    path = re.sub(r"/index\.(?:html?|php)$", "/", unquote(address))
    return re.sub(r"\.html?$", "", path).rstrip("/").casefold()


class Links:
    """The links of one text; collects the files to copy and what must be told."""

    def __init__(self, draft: Draft, export: Export, index: Index) -> None:
        """Begin with no file and no fault."""
        self.copies: dict[Path, str] = {}
        self.faults: dict[Fault, None] = {}
        self._draft, self._export, self._index = draft, export, index

    def rewrite(self, body: str) -> str:
        """Return the body with its links as they are to be written here."""
        return rewrite_prose(body, self._rewrite)

    def copy(self, target: str) -> str:
        """Return the name that the copy of a file gets beside the text; nothing where the export lacks the file."""
        file = find_file(target, self._draft, self._export)
        if file is None:
            return ""
        if file not in self.copies:
            name, number = safe_name(file.name), 1
            stem, dot, ending = name.rpartition(".")
            while name in self.copies.values() or name == "index.md":
                number += 1
                name = f"{stem}-{number}{dot}{ending}"
            self.copies[file] = name
        return self.copies[file]

    def picture(self, target: str) -> str:
        """Return what to write for a picture, and see to its file."""
        if target.startswith("data:"):
            self._tell("a picture is written into the text itself", "Save it as a file beside the text.")
            return target
        name = self.copy(target)
        if name:
            return name
        name = safe_name(unquote(Path(split_address(target).path).name)) or "picture"
        if path_of(target, self._export) is None:
            todo = f"Nothing is fetched: save it beside the text as {name}, and write that name in its place."
            self._tell(f"the picture {target} is on another site", todo)
            return target
        self._tell(f"the picture {target} is not in the export", f"Put it beside the text as {name}.")
        return name

    def _tell(self, what: str, todo: str) -> None:
        self.faults[Fault(what, todo)] = None

    def _rewrite(self, text: str) -> str:
        text = ATTRIBUTE.sub(self._attribute, DEFINITION.sub(self._definition, text))
        done, last = "", 0
        for found in TAIL.finditer(text):
            done += text[last : found.start()]
            last = found.end()
            done = self._tail(done, found)
        return done + text[last:]

    def _tail(self, before: str, found: re.Match[str]) -> str:
        """Return the text up to the end of this link, which is dropped if it leads nowhere."""
        begin = _opening(before)
        target = found["target"].strip("<>")
        if begin is None or not target:
            return before + found[0]
        title = found["title"] or ""
        if before[:begin].endswith("!") and not before[:begin].endswith("\\!"):
            if not before[begin + 1 :].strip():
                todo = "Write between the square brackets what it shows."
                self._tell(f"the picture {Path(target).name} has no description", todo)
            return f"{before}]({_written(self.picture(target))}{title})"
        new = self._link(target)
        return f"{before}]({_written(new)}{title})" if new else before[:begin] + before[begin + 1 :]

    def _definition(self, found: re.Match[str]) -> str:
        target = found["target"]
        new = self.picture(target) if is_picture(target) else self._link(target)
        return found["before"] + _written(new or "#")

    def _attribute(self, found: re.Match[str]) -> str:
        target = found["target"]
        new = self.picture(target) if found["tag"] == "img" else self._link(target)
        return f"{found['before']}{found['quote']}{new or '#'}{found['quote']}"

    def _link(self, target: str) -> str:
        """Return what to write for a link; nothing where it leads nowhere."""
        if STAYS.match(target):
            return target
        address, mark, fragment = target.partition("#")
        place = self._named(address)
        if place is None and not address.startswith(BY_NAME):
            return self._elsewhere(target, address)
        if place is None:
            self._tell(f"`{address.removeprefix(BY_NAME)}` is linked, and no such text was found", "Mend the words.")
            return ""
        if place in self._index.drafts and self._draft.status != "draft":
            self._tell(f"it links {place}, a draft", "Publish both, or leave the link out.")
        return f"{{filename}}/{quote(place.as_posix())}{mark}{fragment}"

    def _named(self, address: str) -> PurePosixPath | None:
        """Return the place of the text that a link means, by a name or by an address."""
        index = self._index
        if address.startswith(BY_NAME):
            return index.names.get(address.removeprefix(BY_NAME).casefold())
        plain, _, query = address.partition("?")
        if plain.casefold() in index.names:
            return index.names[plain.casefold()]
        path = path_of(address, self._export)
        if path is None:
            return None
        if path in ("", "/") and query:
            return index.names.get(f"?{query}".casefold())
        if path and not path.startswith("/"):
            file = posixpath.normpath(posixpath.join(posixpath.dirname(self._draft.origin), unquote(path)))
            if file.casefold() in index.names:
                return index.names[file.casefold()]
        return index.addresses.get(bare(self._whole(path))) if path not in ("", "/") else None

    def _whole(self, path: str) -> str:
        return urljoin(self._draft.addresses[0], path) if self._draft.addresses else urljoin("/", path)

    def _elsewhere(self, target: str, address: str) -> str:
        """Return a link to what is no imported text: a file, a page that stayed behind, another site."""
        path = path_of(address, self._export)
        if path is None or path in ("", "/"):
            return target
        name = self.copy(address)
        if name:
            return f"{{static}}{name}"
        self._tell(f"it links {address}, which was not imported", "Link what is there now, or leave the link out.")
        return target if split_address(address).netloc else self._whole(path) + target[len(path) :]


def _opening(text: str) -> int | None:
    """Return where the bracket was opened that is closed at the end of this text."""
    depth = 0
    for place in range(len(text) - 1, -1, -1):
        if text[place] in "[]" and (place == 0 or text[place - 1] != "\\"):
            depth += 1 if text[place] == "]" else -1
            if depth < 0:
                return place
    return None


def _written(target: str) -> str:
    return quote(target, safe="/:?#[]@!$&'*+,;=%{}~()|.-_") if " " in target else target
