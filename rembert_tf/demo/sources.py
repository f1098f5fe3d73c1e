"""Where the demo's text comes from: message catalogues that pip installs, and what each message is about."""

import importlib.metadata
import importlib.util
import re
from dataclasses import dataclass
from pathlib import Path

from rembert_tf.errors import MissingExtraError

LABELS = {
    "accounts": "signing in, passwords and user accounts",
    "administration": "managing a site: adding, changing and deleting what it holds",
    "dates": "dates, times and numbers",
    "documentation": "writing and building documentation",
    "forms": "filling in forms: what a field accepts and refuses",
    "languages": "names of languages",
}


@dataclass(frozen=True)
class Source:
    """A distribution whose catalogues are read; the licence is the one its own metadata states."""

    distribution: str
    package: str
    licence: str

    @property
    def version(self):
        return importlib.metadata.version(self.distribution)

    def folder(self):
        """Finds the installed package's folder without importing the package."""
        spec = importlib.util.find_spec(self.package)
        if spec is None or not spec.submodule_search_locations:
            raise MissingExtraError(f"the demo's text ({self.distribution})", "demo")
        return Path(spec.submodule_search_locations[0])


DJANGO = Source("Django", "django", "BSD-3-Clause")
ALLAUTH = Source("django-allauth", "allauth", "MIT")
SPHINX = Source("Sphinx", "sphinx", "BSD-2-Clause")
SOURCES = (DJANGO, ALLAUTH, SPHINX)


@dataclass(frozen=True)
class Catalogue:
    """One gettext domain of a source: `folder/<language>/LC_MESSAGES/<domain>.mo`."""

    source: Source
    subfolder: str
    domain: str = "django"

    @property
    def name(self):
        return "/".join(part for part in (self.source.package, self.subfolder, self.domain) if part)

    @property
    def locale_folder(self):
        return self.source.folder() / self.subfolder / "locale"

    @property
    def template(self):
        """The file that lists every English message with the source lines that use it."""
        if self.source is SPHINX:
            return self.locale_folder / f"{self.domain}.pot"
        return self.locale_folder / "en" / "LC_MESSAGES" / f"{self.domain}.po"


DJANGO_APPS = [
    "admin",
    "admindocs",
    "auth",
    "contenttypes",
    "flatpages",
    "humanize",
    "postgres",
    "redirects",
    "sessions",
    "sites",
]

CATALOGUES = (
    Catalogue(DJANGO, "conf"),
    *(Catalogue(DJANGO, f"contrib/{app}") for app in DJANGO_APPS),
    Catalogue(DJANGO, "contrib/admin", "djangojs"),
    Catalogue(ALLAUTH, ""),
    Catalogue(SPHINX, "", "sphinx"),
)

# A Django message belongs to the component whose source file uses it; the first pattern that matches decides.
# Files that match none (debug pages, CSRF, the welcome page) are about none of the labels and are left out.
DJANGO_COMPONENTS = tuple(
    (re.compile(pattern), label)
    for pattern, label in (
        (r"contrib/auth/|contrib/admin/(forms|templates/(registration/|admin/(login|auth/)))", "accounts"),
        (r"contrib/admin/static/.*(calendar|DateTime)|contrib/humanize/", "dates"),
        (r"contrib/admindocs/", "documentation"),
        (r"contrib/(admin|contenttypes|flatpages|redirects|sessions|sites)/", "administration"),
        (r"conf/global_settings", "languages"),
        (r"utils/(dates|dateformat|timesince)|template/defaultfilters|views/generic/dates", "dates"),
        (r"forms/|core/validators|db/models/|utils/ipv6|contrib/postgres/", "forms"),
    )
)
WHOLE_CATALOGUE = {ALLAUTH: "accounts", SPHINX: "documentation"}


def component(source, source_file):
    """Names the label of a message used in `source_file`, or None when the file is about none of them."""
    if source in WHOLE_CATALOGUE:
        return WHOLE_CATALOGUE[source]
    return next((label for pattern, label in DJANGO_COMPONENTS if pattern.match(source_file)), None)
