"""A page that reads from right to left, and an API that answers as openapi.yaml says, for a browser to talk to."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from site_builder.engine.build import BuildRequest, build_site
from tests.browser.pages import TEMPLATES
from tests.serving import serving

ARABIC = """\
Title: رسالة لا تضيع
Date: 2026-01-01
Lang: ar
Summary: نموذج يحفظ ما كتب فيه.
Category: Notes
Toc: true

## البداية

كل رسالة تحفظ قبل أن نشكر عليها. الأمر `make up` يشغل كل شيء.

```python
print("hello")
```

> [!NOTE]
> ملاحظة واحدة.

## النهاية

- أولا
- ثانيا
"""


@pytest.fixture(scope="session")
def templates(site_url: str, closed_url: str) -> list[str]:
    """Return the address of a page of every template."""
    return [*(site_url + path for path in TEMPLATES), closed_url]


@pytest.fixture(scope="session")
def arabic_url(project_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the site with one more post, in a language that is written the other way, and return its address."""
    site = tmp_path_factory.mktemp("arabic")
    shutil.copytree(project_root / "content", site / "content")
    shutil.copytree(project_root / "theme", site / "theme")
    shutil.copy(project_root / "pelicanconf.py", site)
    (site / "content" / "posts" / "a-letter.md").write_text(ARABIC)
    with serving(build_site(BuildRequest(site / "pelicanconf.py", site / "output")).output) as url:
        yield f"{url}/ar/blog/a-letter/"
