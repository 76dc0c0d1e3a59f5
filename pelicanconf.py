"""The site's facts, as literals.

Nothing of an environment is here: links are root-relative, canonical and feed addresses are always
production's, and the API is on the same origin. So the bytes that dev serves are the bytes production serves.
"""

SITENAME = "ZichKoding"
TAGLINE = "Small, fast websites that their owners hold from end to end"
DESCRIPTION = (
    "ZichKoding builds websites from Markdown: a fast site on a CDN, a thin API behind it, "
    "and releases that go live, and come back, in one step."
)
AUTHOR = "ZichKoding"
DEFAULT_LANG = "en"
# Pages in these languages are laid out the other way round.
RIGHT_TO_LEFT = frozenset({"ar", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"})

# Where weaknesses are reported, for /.well-known/security.txt. The day is one that is written here, since the clock may
# not reach a page; `make review` says when it comes near.
SECURITY_ADVISORIES = "https://github.com/zichkoding/website/security/advisories/new"
SECURITY_POLICY = "https://github.com/zichkoding/website/security/policy"
SECURITY_EXPIRES = "2027-11-01T00:00:00Z"

# Let each page say once, when it is left, that it was seen and how fast it was: a script of half a kilobyte, no cookie,
# nothing of who it was (docs/theme.md). /api/stats sums it up.
MEASURES = False

# Where a reader who finds a slip can mend it.
EDIT_URL = "https://github.com/zichkoding/website/edit/main/content/{path}"

# Root-relative links everywhere; SITE_ORIGIN is written only where a standard asks for a whole address.
SITEURL = ""
SITE_ORIGIN = "https://zichkoding.com"
FEED_DOMAIN = SITE_ORIGIN
RELATIVE_URLS = False

# Neither the machine's zone nor its language may reach a page.
TIMEZONE = "UTC"
LOCALE = ("C.UTF-8", "C")
DEFAULT_DATE_FORMAT = "%Y-%m-%d"

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
    "site_builder.plugins.cards",
    "site_builder.plugins.reading",
    "site_builder.plugins.related",
    "site_builder.plugins.scrolling",
    "site_builder.plugins.series",
    "site_builder.plugins.tables",
    "site_builder.plugins.words",
]

PATH = "content"
OUTPUT_PATH = "output"
THEME = "theme"
# A title or a tag is text, and text is escaped; what is HTML says so in the template.
JINJA_ENVIRONMENT = {"trim_blocks": True, "lstrip_blocks": True, "autoescape": True}
PAGE_PATHS = ["pages"]
ARTICLE_PATHS = ["posts"]
# A file is published where a text links it; what merely lies there is not. Pictures are published in their variants.
STATIC_PATHS: list[str] = []
# What was made of pictures, by the content of what it was made from; safe to delete.
PICTURES_CACHE = ".local/pictures"
# The theme's files are published by the assets plugin, under names that hold their hash. These are so under a plain
# name too: a page that the API makes cannot know a hash, and browsers ask for a mark without being told of one.
THEME_STATIC_DIR = ""
THEME_STATIC_PATHS: list[str] = []
PLAIN_ASSETS = {"site.css": "css/forms.css", "favicon.ico": "images/mark.ico"}

# content/posts/<slug>/index.md and content/pages/<slug>.md: the folder or the file names the page.
PATH_METADATA = r"(?:posts|pages)/(?P<slug>[^/]+?)(?:/index)?\.md"

ARTICLE_URL = "blog/{slug}/"
ARTICLE_SAVE_AS = "blog/{slug}/index.html"
# A text in another language is found under that language, and says which text it translates.
ARTICLE_LANG_URL = "{lang}/blog/{slug}/"
ARTICLE_LANG_SAVE_AS = "{lang}/blog/{slug}/index.html"
PAGE_LANG_URL = "{lang}/{slug}/"
PAGE_LANG_SAVE_AS = "{lang}/{slug}/index.html"
ARTICLE_TRANSLATION_ID = PAGE_TRANSLATION_ID = "original"
PAGE_URL = "{slug}/"
PAGE_SAVE_AS = "{slug}/index.html"
CATEGORY_URL = "topics/{slug}/"
CATEGORY_SAVE_AS = "topics/{slug}/index.html"
CATEGORIES_URL = "topics/"
CATEGORIES_SAVE_AS = "topics/index.html"
TAG_URL = "tags/{slug}/"
TAG_SAVE_AS = "tags/{slug}/index.html"
TAGS_URL = "tags/"
TAGS_SAVE_AS = "tags/index.html"
AUTHOR_URL = "authors/{slug}/"
AUTHOR_SAVE_AS = "authors/{slug}/index.html"
ARCHIVES_URL = "archive/"
ARCHIVES_SAVE_AS = "archive/index.html"
YEAR_ARCHIVE_URL = "archive/{date:%Y}/"
YEAR_ARCHIVE_SAVE_AS = "archive/{date:%Y}/index.html"
INDEX_URL = "blog/"
INDEX_SAVE_AS = "blog/index.html"
# What the edge answers with where there is no page, where there is none any more, and where none can be had.
NOT_FOUND_SAVE_AS = "404.html"
GONE_SAVE_AS = "410.html"
MAINTENANCE_SAVE_AS = "503.html"
SEARCH_SAVE_AS = "search/index.html"
ROBOTS_SAVE_AS = "robots.txt"
HUMANS_SAVE_AS = "humans.txt"
SECURITY_SAVE_AS = ".well-known/security.txt"
MANIFEST_SAVE_AS = "site.webmanifest"
SITEMAP_SAVE_AS = "sitemap.xml"
# For the machinery that publishes: where pages were before, and when the site changes by itself.
REDIRECTS_SAVE_AS = "redirects.json"
SCHEDULE_SAVE_AS = "schedule.json"
AUTHORS_SAVE_AS = ""
# A draft is never written: a page that nobody links to is still a page that somebody finds.
DRAFT_SAVE_AS = ""
DRAFT_PAGE_SAVE_AS = ""

DIRECT_TEMPLATES = [
    "index",
    "archives",
    "categories",
    "tags",
    "search",
    "not_found",
    "gone",
    "maintenance",
    "robots",
    "humans",
    "security",
    "manifest",
    "sitemap",
    "redirects",
    "schedule",
]
PAGINATED_TEMPLATES = {"index": None, "tag": None, "category": None, "author": None}
DEFAULT_PAGINATION = 10
PAGINATION_PATTERNS = (
    (1, "{base_name}/", "{base_name}/index.html"),
    (2, "{base_name}/page/{number}/", "{base_name}/page/{number}/index.html"),
)
DEFAULT_CATEGORY = "Building"
USE_FOLDER_AS_CATEGORY = False
SUMMARY_MAX_LENGTH = None
WITH_FUTURE_DATES = True
# Never directory order: pages are sorted by their path, posts by the order plugin.
PAGE_ORDER_BY = "source_path"

FEED_ALL_ATOM = "feeds/all.atom.xml"
FEED_ALL_RSS = "feeds/all.rss.xml"
FEED_ALL_JSON = "feeds/all.feed.json"
CATEGORY_FEED_ATOM = "topics/{slug}/posts.atom.xml"
CATEGORY_FEED_RSS = "topics/{slug}/posts.rss.xml"
CATEGORY_FEED_JSON = "topics/{slug}/posts.feed.json"
TAG_FEED_ATOM = "tags/{slug}/posts.atom.xml"
TAG_FEED_RSS = "tags/{slug}/posts.rss.xml"
TAG_FEED_JSON = "tags/{slug}/posts.feed.json"
TRANSLATION_FEED_ATOM = None
AUTHOR_FEED_ATOM = None
AUTHOR_FEED_RSS = None
FEED_MAX_ITEMS = 20
# The year in which the site's names for its entries begin; it never changes.
SITE_SINCE = 2026

MENU = (
    ("Services", "/services/"),
    ("Blog", "/blog/"),
    ("About", "/about/"),
    ("Contact", "/contact/"),
)

MARKDOWN = {
    "extension_configs": {
        "markdown.extensions.abbr": {},
        "markdown.extensions.admonition": {},
        "markdown.extensions.attr_list": {},
        "markdown.extensions.def_list": {},
        "markdown.extensions.fenced_code": {},
        "markdown.extensions.footnotes": {"BACKLINK_TITLE": "Back to reference {} in the text"},
        "markdown.extensions.meta": {},
        "markdown.extensions.sane_lists": {},
        "markdown.extensions.smarty": {"smart_dashes": False},
        "markdown.extensions.tables": {},
        "markdown.extensions.toc": {"permalink": "#", "permalink_title": "Link to this section"},
        "site_builder.writing.callouts": {},
        "site_builder.writing.code": {"css_class": "highlight", "guess_lang": False},
        "site_builder.writing.diagrams": {},
        "site_builder.writing.front_matter": {},
        "site_builder.writing.mathematics": {},
        "site_builder.writing.tasks": {},
    },
    "output_format": "html5",
}
