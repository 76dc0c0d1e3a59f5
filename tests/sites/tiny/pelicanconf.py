"""A site as small as a real one can be."""

SITENAME = "Tiny"
DESCRIPTION = "A site for tests."
SITE_SINCE = 2026
SITEURL = ""
SITE_ORIGIN = "https://tiny.example"
AUTHOR = "Ann"
TIMEZONE = "UTC"
LOCALE = ("C.UTF-8", "C")
DEFAULT_LANG = "en"
PELICAN_CLASS = "site_builder.SitePelican"
PLUGINS = [
    "site_builder.plugins.assets",
    "site_builder.plugins.calendar",
    "site_builder.plugins.feeds",
    "site_builder.plugins.keys",
    "site_builder.plugins.moved",
    "site_builder.plugins.neighbours",
    "site_builder.plugins.order",
    "site_builder.plugins.pictures",
    "site_builder.plugins.reading",
]
PATH = "content"
THEME = "theme"
ARTICLE_PATHS = ["posts"]
PAGE_PATHS = ["pages"]
STATIC_PATHS: list[str] = []
THEME_STATIC_PATHS: list[str] = []
PATH_METADATA = r"(?:posts|pages)/(?P<slug>[^/]+?)(?:/index)?\.md"
ARTICLE_URL = "blog/{slug}/"
ARTICLE_SAVE_AS = "blog/{slug}/index.html"
PAGE_URL = "{slug}/"
PAGE_SAVE_AS = "{slug}/index.html"
DRAFT_SAVE_AS = ""
DRAFT_PAGE_SAVE_AS = ""
NOT_FOUND_SAVE_AS = "404.html"
REDIRECTS_SAVE_AS = "redirects.json"
SCHEDULE_SAVE_AS = "schedule.json"
DIRECT_TEMPLATES = ["index", "not_found", "redirects", "schedule"]
AUTHOR_SAVE_AS = CATEGORY_SAVE_AS = ""
FEED_DOMAIN = SITE_ORIGIN
FEED_ALL_ATOM = "feeds/all.atom.xml"
CATEGORY_FEED_ATOM = TRANSLATION_FEED_ATOM = AUTHOR_FEED_ATOM = AUTHOR_FEED_RSS = None
MARKDOWN = {
    "extension_configs": {"markdown.extensions.meta": {}, "site_builder.writing.front_matter": {}},
    "output_format": "html5",
}
