"""What each generator says of a text is said here in our words, and what is left out is told."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from site_builder.importing.detect import detect, read_export
from site_builder.importing.plan import plan_import
from site_builder.importing.present import read_present
from site_builder.importing.values import Plan
from site_builder.sources.keys import FrontMatter
from site_builder.sources.text import Source, read_source

Importing = Callable[[str], Plan]


def text_of(content: Path, path: str) -> Source:
    """Return an imported text."""
    return read_source(content / path, path.partition("/")[0])


def told(plan: Plan, path: str) -> list[str]:
    """Return what the report says of a text or file."""
    return [note.what for note in plan.notes if note.path.endswith(path)]


def utc(*parts: int) -> datetime:
    """Return a moment."""
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]


def test_wordpress_keys_are_mapped(bring_in: Importing, content: Path) -> None:
    """Author names, the media library's descriptions, former names and what the plugin for search says are found."""
    bring_in("wordpress")

    assert text_of(content, "posts/the-ferry/index.md").keys == FrontMatter(
        title="The ferry: “six” & seven",
        date=utc(2019, 3, 4, 9, 30),
        modified=utc(2019, 5, 1, 8),
        summary="How the morning ferry runs.",
        category="Travel",
        tags=("Ferries", "C#, and more", "Islands"),
        authors=("Anna Ferry",),
        image="cover.png",
        image_alt="A ferry in the fog",
        aliases=("/2019/03/the-ferry/", "/2019/03/ferry-times/"),
        canonical="https://elsewhere.example.net/ferry/",
    )
    assert text_of(content, "pages/about-us.md").keys.noindex is True
    assert text_of(content, "posts/not-done/index.md").is_draft
    assert text_of(content, "posts/ours-alone/index.md").is_draft


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("the-ferry", "costs \\$4 or \\$6 &lt;as you like>"),
        ("the-ferry", "[the way back]({filename}/posts/the-way-back/index.md#tickets)"),
        ("the-ferry", "![Boats in the morning](harbour.png)\n\nThe harbour at *dawn*"),
        ("the-ferry", '```python\nif x < 3:\n    print("[sail]")\n```'),
        ("the-ferry", "- Bring\n    - bread"),
        ("the-way-back", "written  \nin two lines [sic]."),
        ("the-way-back", '![Boats again](harbour.png "Boats, again")'),
        ("the-way-back", '```bash\necho "a" | wc -l < file\n```'),
        ("the-way-back", "[the ferryman]({filename}/posts/the-ferry/index.md)"),
        ("the-way-back", "```\nkeep\n\n  this\n```"),
        ("the-way-back", "[https://social.example.net/status/1](https://social.example.net/status/1)"),
    ],
)
def test_wordpress_bodies_become_markdown(path: str, words: str, bring_in: Importing, content: Path) -> None:
    """Blocks and the older writing alike."""
    bring_in("wordpress")

    assert words in text_of(content, f"posts/{path}/index.md").text


def test_wordpress_reports_what_stays_behind(bring_in: Importing, content: Path) -> None:
    """Other types, comments, shortcodes, scripts, missing pictures and lists that the site makes itself."""
    plan = bring_in("wordpress")

    assert told(plan, "ferry-notes.xml") == [
        "what is of the type `product` stays behind (1)",
        "`Thrown away` has the status `trash` and was not imported",
        "the comments stay behind (1)",
    ]
    assert "the shortcode `contact-form-7` was left out, and what stood within it was kept" in told(
        plan, "the-way-back/index.md"
    )
    assert told(plan, "the-ferry/index.md") == [
        "the block `latest-posts` is made by WordPress and was left out",
        "what was embedded of https://video.example.net/watch?v=abc became a link",
        "a `script` of https://count.example.net/c.js was left out",
        "it was kept at the top of the blog",
        "the picture https://www.example.org/wp-content/uploads/2019/03/lost.jpg is not in the export",
    ]
    assert told(plan, "blog-2/index.md") == [
        "`blog` was taken, so it is `blog-2`",
        "the old address /blog/ cannot lead here: a page is there",
    ]
    assert (content / "pages" / "blog-2" / "cover.png").is_file()


def test_jekyll_keys_are_mapped(bring_in: Importing, content: Path) -> None:
    """The zone of the configuration, the pattern of addresses and the base below the host are minded."""
    bring_in("jekyll")

    assert text_of(content, "posts/first-swarm/index.md").keys == FrontMatter(
        title="First swarm: a start",
        date=utc(2020, 2, 3, 8, 30),
        modified=utc(2020, 3, 1),
        summary="The first swarm came in May. It is told more fully in the second year.",
        category="Garden",
        tags=("spring", "swarm", "Bees"),
        authors=("Ben",),
        image="hive.png",
        image_alt="A hive under a tree",
        aliases=("/notes/2020/02/first-swarm/", "/notes/old/swarm/"),
        canonical="https://elsewhere.example.net/swarm/",
        toc=True,
    )
    assert text_of(content, "posts/second-year/index.md").keys.aliases == ("/notes/years/second.html",)
    assert text_of(content, "posts/second-year/index.md").keys.date == utc(2021, 5, 6)
    assert text_of(content, "posts/next-spring/index.md").is_draft
    assert text_of(content, "posts/second-year-in-pictures/index.md").is_draft
    assert text_of(content, "pages/about.md").keys.aliases == ("/notes/about/",)


def test_jekyll_bodies_lose_their_liquid(bring_in: Importing, content: Path) -> None:
    """Links, code, figures and raw words are mapped; what is left of Liquid is told."""
    plan = bring_in("jekyll")
    text = text_of(content, "posts/first-swarm/index.md").text

    for words in (
        "[the second year]({filename}/posts/second-year/index.md#winter)",
        '![Bees](bees.png "On the frame")',
        "```python\n# a comment, no heading\nbees = {1, 2}\n```",
        "The words {{ stay }}. `{{ code.stays }}`",
        '![The hive](hive.png "Our hive")',
        "[about]({filename}/pages/about.md)",
        "[the file]({static}price-list.pdf)",
        "[ref]: {filename}/posts/second-year/index.md",
    ):
        assert words in text
    assert told(plan, "first-swarm/index.md") == [
        "its key `mathjax` was left out",
        "the include `newsletter.html` was left out",
        "`{% for %}` was left out",
        "it links /notes/shop/, which was not imported",
    ]
    assert told(plan, "no-date.md") == ["its name has no date, so Jekyll did not show it"]
    assert "not valid YAML" in told(plan, "broken.md")[0]


def test_hugo_keys_are_mapped(bring_in: Importing, content: Path) -> None:
    """TOML, YAML and JSON alike; a bundle brings its picture, a translation names its original."""
    bring_in("hugo")

    assert text_of(content, "posts/first-light/index.md").keys == FrontMatter(
        title="First light",
        date=utc(2022, 1, 2, 17),
        modified=utc(2022, 2, 1),
        expires=utc(2099, 1, 1),
        summary="The first night with the new telescope.",
        category="Nights",
        tags=("aurora", "camera", "Telescopes"),
        authors=("Cleo",),
        series="Winter nights",
        part=2,
        image="feature.png",
        image_alt="The telescope",
        aliases=("/2022/first-light/", "/first/", "/posts/old-name"),
        toc=True,
    )
    second = text_of(content, "posts/night-two/index.md").keys
    assert (second.date, second.image, second.image_alt) == (utc(2022, 1, 6), "map.png", "A map of the sky")
    german = text_of(content, "posts/first-light-de/index.md").keys
    assert (german.lang, german.translates, german.aliases) == ("de", "first-light", ("/de/2022/first-light/",))
    assert text_of(content, "posts/json/index.md").is_draft


def test_hugo_bodies_lose_their_shortcodes(bring_in: Importing, content: Path) -> None:
    """Figures, code, references and embedded things are mapped; the others are told."""
    plan = bring_in("hugo")
    text = text_of(content, "posts/first-light/index.md").text

    for words in (
        "[the second night]({filename}/posts/night-two/index.md#clouds)",
        "![Green light](aurora.png)\n\nThe aurora, *late*",
        '```go hl_lines="1 3-4"\nfmt.Println("{{< not run >}}")\n```',
        "[https://www.youtube.com/watch?v=abc123](https://www.youtube.com/watch?v=abc123)",
        "Do not look into the sun.",
        'Write it as {{< ref "x.md" >}}.',
        "Nothing and [a picture]({static}map.png).",
    ):
        assert words in text
    assert told(plan, "first-light/index.md") == [
        "its key `mood` was left out",
        "the shortcode `youtube` became a link to https://www.youtube.com/watch?v=abc123",
        "the shortcode `notice` was left out, and what stood within it was kept",
        "`gone.md` is linked, and no such text was found",
    ]
    assert told(plan, "_index.md") == ["it is the head of a list and was not imported"]
    assert "not valid TOML" in told(plan, "broken.md")[0]


def test_medium_posts_are_mapped(bring_in: Importing, content: Path) -> None:
    """What stays at Medium is the original; what was on a domain of the author's own leads here."""
    plan = bring_in("medium")
    slow = text_of(content, "posts/slow-boats/index.md")

    assert slow.keys == FrontMatter(
        title="Slow boats",
        date=utc(2018, 7, 8, 9, 10, 11),
        summary="Why we go by sea",
        category="Notes",
        tags=("Boats", "Slow travel"),
        authors=("Dora Sail",),
        canonical="https://medium.com/@dora/slow-boats-0a1b2c3d4e5f",
    )
    for words in (
        "---\n\nA boat is **slow**, and that is [the point]({filename}/posts/fast-trains/index.md).",
        '![Our boat](https://cdn-images-1.example.net/max/800/1*abc.jpeg "Our boat")',
        "![A mast](1-kept.png)",
        "```\nsail = True\nwind = 3\n```",
        "[All boats](https://boats.example.net/)",
    ):
        assert words in slow.text
    assert text_of(content, "posts/fast-trains/index.md").keys.aliases == ("/fast-trains-aabbccddeeff",)
    assert text_of(content, "posts/unfinished/index.md").is_draft
    assert len(told(plan, "stray-ffeeddccbbaa.html")) == 1
    assert any("1*abc.jpeg is on another site" in what for what in told(plan, "slow-boats/index.md"))


def test_a_medium_export_is_read_as_it_came(exports: Path, tmp_path: Path) -> None:
    """The .zip file gives the same texts as its folder."""
    packed = tmp_path / "medium-export.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for file in sorted((exports / "medium" / "posts").iterdir()):
            archive.write(file, f"export/posts/{file.name}")

    assert detect(packed) == "medium"
    assert [draft.body for draft in read_export(packed, "medium").drafts] == [
        draft.body for draft in read_export(exports / "medium", "medium").drafts
    ]


def test_two_texts_of_one_name_get_two_addresses(exports: Path, tmp_path: Path) -> None:
    """The second gets a number, at every import the same, and both are told apart."""
    site = Path(shutil.copytree(exports / "jekyll", tmp_path / "site"))
    again = (site / "_posts" / "2020-02-03-first-swarm.md").read_text()
    (site / "_posts" / "2022-02-03-first-swarm.md").write_text(again)
    plan = plan_import(read_export(site, "jekyll"), read_present(tmp_path / "content"))
    paths = [text.path.as_posix() for text in plan.texts]

    assert "posts/first-swarm/index.md" in paths
    assert "posts/first-swarm-2/index.md" in paths
    assert {"its title `First swarm: a start` is also that of another text"} < set(told(plan, "first-swarm-2/index.md"))


def test_a_file_that_is_no_text_is_told_and_the_others_come(exports: Path, tmp_path: Path) -> None:
    """One bad file does not keep the others away."""
    for generator, name in (("jekyll", "_posts/2020-01-01-bad.md"), ("hugo", "content/posts/bad.md")):
        site = Path(shutil.copytree(exports / generator, tmp_path / generator))
        (site / name).write_bytes(b"---\ntitle: caf\xe9\n---\n")
        plan = plan_import(read_export(site, generator), read_present(tmp_path / "content"))

        assert "is not UTF-8" in told(plan, name)[0]
        assert plan.texts


def test_a_translation_of_nothing_is_told(tmp_path: Path) -> None:
    """A text that names an original which is not there stands for itself."""
    posts = tmp_path / "site" / "content" / "posts" / "light"
    posts.mkdir(parents=True)
    (tmp_path / "site" / "hugo.yaml").write_text("languages:\n  de: {}\n  en: {}\n")
    (posts / "index.de.md").write_text("---\ntitle: Licht\ndate: 2022-01-03\n---\nWorte.\n")
    plan = plan_import(read_export(tmp_path / "site", "hugo"), read_present(tmp_path / "content"))

    assert "translates:" not in plan.texts[0].content
    assert told(plan, "light-de/index.md") == ["it translates `light`, which was not found"]
