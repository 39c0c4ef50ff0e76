"""The site of the course. ``tl site`` lays its pages out in one folder, this file among them, then

sphinx-build -nW --keep-going FOLDER build/site
"""

import os

from tl_helpers import __version__

project = "Transfer learning in NLP"
author = "The course authors"
version = release = __version__
language = "en"
extensions = [
    "myst_nb",
    "sphinxcontrib.bibtex",
    "tl_helpers.press.site.links",
    "tl_helpers.press.site.fold",
    "tl_helpers.press.site.search",
]

# Pages: MyST Markdown, and notebooks with the outputs that they have.
myst_enable_extensions = ["amsmath", "attrs_inline", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3
nb_execution_mode = "off"
nb_merge_streams = True
nb_code_prompt_show = "Show the code"
nb_code_prompt_hide = "Hide the code"
nb_mime_priority_overrides = [
    ("html", "text/html", 1),
    ("html", "image/svg+xml", 2),
    ("html", "image/png", 3),
    ("html", "text/markdown", 4),
    ("html", "text/latex", 5),
    ("html", "text/plain", 9),
]
suppress_warnings = ["mystnb.unknown_mime_type", "mystnb.mime_type"]
bibtex_bibfiles = ["references.bib"]
bibtex_default_style = "course"

# Looks
html_theme = "sphinx_book_theme"
html_title = project
html_static_path = ["static"]
html_css_files = ["course.css"]
html_js_files = ["claims.js", "page.js", "search.js", "exercises.js", "progress.js", "ask.js"]
html_favicon = "static/favicon.svg"
html_math_renderer = "mathml"
html_context = {"default_mode": "auto"}
html_theme_options = {
    "logo": {"text": project},
    "use_download_button": False,
    "use_fullscreen_button": False,
    "home_page_in_toc": False,
    "show_navbar_depth": 1,
    "show_toc_level": 2,
    "toc_title": "On this page",
    "search_bar_text": "Search the course",
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
    "navbar_persistent": [],
    "extra_footer": f"<p>{os.environ.get('TL_SITE_ABOUT', '')} "
    f"Text and pictures: CC BY 4.0; code: MIT. {os.environ.get('TL_SITE_REPORT', '')}</p>",
    "footer_content_items": ["extra-footer"],
}

# The site is read from disk: no page may fetch anything.
html_extra_path = ["extra"]  # notebooks to download, decks
html_copy_source = False
html_show_sourcelink = False
html_show_copyright = False
html_show_sphinx = False
html_use_index = False
html_domain_indices = False
