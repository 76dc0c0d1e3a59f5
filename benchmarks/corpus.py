"""Write the same texts for each contender: about 600 words each, as a technical blog has them.

Half of them have code, a quarter a table, a fifth footnotes; some link to others. The same number gives the same texts.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

FIRST_DAY = datetime(2008, 1, 1, 9)  # noqa: DTZ001 - the contenders take it as their own zone's
BETWEEN = timedelta(hours=15)
WORDS_OF_A_TEXT = 600
PAGES = ("about", "pricing", "features", "contact", "careers", "legal")
CATEGORIES = ("engineering", "product", "design", "marketing", "company", "tutorials", "security", "community")
TOPICS = ("tips", "notes", "guide", "tools", "testing", "launch", "metrics", "basics", "scale", "story")
TAGS = tuple(f"{one}-{two}" for one in ("web", "data", "cloud", "code", "team", "growth") for two in TOPICS)
AUTHORS = ("author one", "author two", "author three", "author four")
SYLLABLES = ("ba", "de", "fi", "go", "lu", "mar", "nes", "pol", "ri", "sta", "tem", "ver", "win", "zo", "cal", "du")
COMMON = (
    "the", "of", "and", "to", "in", "is", "that", "for", "it", "as", "with", "on", "be", "by", "this", "are", "or",
    "from", "at", "an", "we", "you", "not", "have", "but", "which", "their", "has",
)  # fmt: skip
CODE = {
    "python": (
        "import os, sys\n\n\ndef {0}({1}, {2}=None):\n    total = 0  # {3} {4}\n"
        "    for i, item in enumerate(sorted({1})):\n        if item.{2} > {n} and i % 2 == 0:\n"
        '            total += item["{3}"] * 1.5\n    return f"{0}: {{total}}"\n'
    ),
    "javascript": (
        "// {0} {1} {2}\nexport async function {0}({1}, opts = {{}}) {{\n"
        "  const res = await fetch(`/api/{2}/${{opts.id}}`);\n"
        "  if (!res.ok) {{ throw new Error('{3}'); }}\n  return (await res.json()).map((x) => x.{4} + {n});\n}}\n"
    ),
    "bash": (
        '# {0} {1}\nexport NAME="{2}"\nfor f in *.{3}; do\n  grep -n \'{4}\' "$f" | sort -u > /tmp/{0}.txt\ndone\n'
        'curl -sS https://example.org/{1} | tar xz -C "$HOME"\n'
    ),
}


@dataclass(frozen=True)
class Post:
    """One text, before it is written in anybody's front matter."""

    slug: str
    title: str
    date: datetime
    category: str
    tags: tuple[str, ...]
    author: str
    summary: str
    body: str


def make_posts(count: int) -> list[Post]:
    """Return the texts; each may link to any other."""
    slugs = [f"{'-'.join(_words(random.Random(f'slug {number}'), 3))}-{number:05}" for number in range(count)]
    return [_post(number, slugs) for number in range(count)]


def _post(number: int, slugs: list[str]) -> Post:
    chance = random.Random(f"post {number}")
    return Post(
        slugs[number],
        " ".join(_words(chance, 5)).capitalize(),
        FIRST_DAY + BETWEEN * number,
        chance.choice(CATEGORIES),
        tuple(sorted(chance.sample(TAGS, chance.randint(2, 5)))),
        chance.choice(AUTHORS),
        f"{_sentence(chance, plain=True)} {_sentence(chance, plain=True)}",
        _body(chance, slugs, WORDS_OF_A_TEXT),
    )


def _words(chance: random.Random, count: int) -> list[str]:
    return [
        chance.choice(COMMON) if chance.random() < 0.5 else "".join(chance.choices(SYLLABLES, k=chance.randint(2, 3)))
        for _ in range(count)
    ]


def _sentence(chance: random.Random, *, plain: bool = False) -> str:
    words = _words(chance, chance.randint(7, 19))
    kind, place = chance.random(), chance.randrange(1, len(words) - 2)
    if not plain and kind < 0.07:
        words[place] = f"`{words[place]}_{words[place + 1]}()`"
    elif not plain and kind < 0.13:
        words[place] = f"*{words[place]}*"
    elif not plain and kind < 0.18:
        words[place] = f"**{words[place]} {words[place + 1]}**"
    elif not plain and kind < 0.225:
        words[place] = f"[{words[place]}](https://example.org/{words[place + 1]})"
    return " ".join([words[0].capitalize(), *words[1:]]) + chance.choice("....?!")


def _body(chance: random.Random, slugs: list[str], length: int) -> str:
    has_table, has_notes = chance.random() < 0.25, chance.random() < 0.2
    code_blocks = chance.choice((1, 2)) if chance.random() < 0.5 else 0
    parts, words, section = [_paragraph(chance)], 60, 0
    notes: list[str] = []
    while words < length:
        section += 1
        parts += [f"## {' '.join(_words(chance, 4)).capitalize()}", _paragraph(chance)]
        if section == 1 and slugs and chance.random() < 0.3:
            parts.append(f"See also [{' '.join(_words(chance, 3))}](@@{chance.choice(slugs)}@@) for background.")
        if code_blocks:
            parts.append(_code(chance))
            code_blocks -= 1
        if chance.random() < 0.45:
            mark = "- " if section % 2 else "1. "
            parts.append("\n".join(mark + _sentence(chance) for _ in range(chance.randint(3, 6))))
        if has_table and section == 2:
            parts.append(_table(chance))
        if has_notes and len(notes) < 3:
            notes.append(f"[^{len(notes) + 1}]: {_sentence(chance)}")
            parts.append(f"{_sentence(chance)}[^{len(notes)}]")
        if chance.random() < 0.3:
            parts.append(f"> {_sentence(chance)}")
        parts.append(_paragraph(chance))
        words += 130
    return "\n\n".join(parts + notes) + "\n"


def _paragraph(chance: random.Random) -> str:
    return " ".join(_sentence(chance) for _ in range(chance.randint(3, 6)))


def _code(chance: random.Random) -> str:
    language = chance.choice(tuple(CODE))
    pieces = [CODE[language].format(*_words(chance, 5), n=chance.randint(1, 99)) for _ in range(chance.randint(1, 3))]
    return f"```{language}\n{''.join(pieces)}```"


def _table(chance: random.Random) -> str:
    rows = [f"| {' | '.join(_words(chance, 2))} | {chance.randint(1, 9999)} |" for _ in range(chance.randint(3, 7))]
    return "\n".join([f"| {' | '.join(_words(chance, 3))} |", "| --- | --- | ---: |", *rows])


# --- What each contender calls the same things


def write_pelican(post: Post, folder: Path) -> Path:
    """Write a post for Pelican, ours or the plain one."""
    head = (
        f"Title: {post.title}\nDate: {post.date:%Y-%m-%d %H:%M}\nCategory: {post.category}\n"
        f"Tags: {', '.join(post.tags)}\n"
        f"Slug: {post.slug}\nAuthor: {post.author}\nSummary: {post.summary}\n"
    )
    return _write(folder / "content" / "posts" / f"{post.slug}.md", head, post.body, "{filename}/posts/%s.md")


def write_hugo(post: Post, folder: Path) -> Path:
    """Write a post for Hugo."""
    head = _yaml(post, categories=[post.category], tags=list(post.tags))
    return _write(folder / "content" / "posts" / f"{post.slug}.md", head, post.body, "/posts/%s/")


def write_eleventy(post: Post, folder: Path) -> Path:
    """Write a post for Eleventy, where `tags` would mean collections."""
    head = _yaml(post, category=post.category, topics=list(post.tags))
    return _write(folder / "src" / "posts" / f"{post.slug}.md", head, post.body, "/posts/%s/")


def _yaml(post: Post, **more: object) -> str:
    values = {"title": post.title, "slug": post.slug, "author": post.author, "summary": post.summary, **more}
    lines = [f"{name}: {json.dumps(value)}" for name, value in values.items()]
    return "\n".join(["---", f"date: {post.date:%Y-%m-%dT%H:%M:%SZ}", *lines, "---"]) + "\n"


def _write(path: Path, head: str, body: str, link: str) -> Path:
    before, mark, rest = body.partition("@@")
    if mark:
        slug, _, after = rest.partition("@@")
        body = before + link % slug + after
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{head}\n{body}")
    return path


def write_pages(folder: Path, head: str) -> None:
    """Write the few pages that are not posts."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in PAGES:
        body = _body(random.Random(f"page {name}"), [], WORDS_OF_A_TEXT // 2)
        (folder / f"{name}.md").write_text(f"{head.format(title=name.title(), slug=name)}\n{body}")
