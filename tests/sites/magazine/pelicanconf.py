"""A site that shares nothing with ours: listings in every page, periods, languages, a plugin with data of its own."""

from pathlib import Path

SITENAME = "The Magazine"
SITEURL = "https://magazine.example"
AUTHOR = "The editors"
TIMEZONE = "Europe/Berlin"
DEFAULT_LANG = "en"
LOCALE = ("C.UTF-8", "C")
PATH = "content"
THEME = "theme"
ARTICLE_PATHS = ["articles"]
PAGE_PATHS = ["pages"]
STATIC_PATHS = ["images"]
PLUGIN_PATHS = ["plugins"]
PLUGINS = ["masthead", "wordcount"]
YEAR_ARCHIVE_SAVE_AS = "{date:%Y}/index.html"
MONTH_ARCHIVE_SAVE_AS = "{date:%Y}/{date:%m}/index.html"
YEAR_ARCHIVE_URL = "{date:%Y}/"
MONTH_ARCHIVE_URL = "{date:%Y}/{date:%m}/"
ARTICLE_URL = "{category}/{slug}/"
ARTICLE_SAVE_AS = "{category}/{slug}/index.html"
DIRECT_TEMPLATES = ["index", "tags", "categories", "authors", "archives"]
DEFAULT_PAGINATION = 2
SUMMARY_MAX_LENGTH = 12
FEED_ALL_ATOM = "feeds/all.atom.xml"
CATEGORY_FEED_ATOM = "feeds/{slug}.atom.xml"
FEED_ALL_RSS = "feeds/all.rss.xml"
FEED_DOMAIN = SITEURL
MOTTO = (Path(__file__).parent / "data" / "motto.txt").read_text().strip()
JINJA_FILTERS = {"shout": lambda text: str(text).upper() + "!"}
