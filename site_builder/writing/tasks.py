"""Lists of tasks: `- [ ] to do` and `- [x] done`, each box labelled by its own words."""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element

from markdown import Markdown
from markdown.extensions import Extension
from markdown.treeprocessors import Treeprocessor

# What it does depends on the text; see site_builder.engine.trust.
PURE = True
# Before the library looks at what stands within a line.
BEFORE_INLINE = 21
TASK = re.compile(r"\[(?P<mark>[ xX])\]\s+(?P<words>.*)", re.DOTALL)


class Tasks(Treeprocessor):
    """Makes boxes of the items that begin like one."""

    def run(self, root: Element) -> None:
        """Look at every item of every list."""
        for item in root.iter("li"):
            # Where the items stand apart, the words of each are a paragraph.
            holder = item[0] if len(item) and item[0].tag == "p" and not (item.text or "").strip() else item
            task = TASK.fullmatch(holder.text or "")
            if task:
                item.set("class", "task")
                holder.text = ""
                holder.insert(0, _box(task["words"], done=task["mark"] != " "))


def _box(words: str, *, done: bool) -> Element:
    label = Element("label")
    box = Element("input", {"type": "checkbox", "disabled": "disabled", **({"checked": "checked"} if done else {})})
    box.tail = f" {words}"
    label.append(box)
    return label


class TasksExtension(Extension):
    """Lists of tasks."""

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 - the library's name
        """Add it to an instance."""
        md.treeprocessors.register(Tasks(md), "tasks", BEFORE_INLINE)


def makeExtension(**options: object) -> TasksExtension:  # noqa: N802 - the library's name
    """Return the extension."""
    return TasksExtension(**options)
