"""Renders the policy page from the storage registry, the texts of a language and the data of a site."""

import datetime
import functools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from crumbless.consent.tag_store import VendorTag
from crumbless.core.message_format import format_message
from crumbless.core.settings import CompanySettings, Settings
from crumbless.core.texts import direction_of, languages_of, name_of, read_texts
from crumbless.device_storage.registry_read import read_storage_texts
from crumbless.device_storage.storage_registry import Item, Registry
from crumbless.http.assets import Asset, Assets, make_asset
from crumbless.pages.policy_render import FOLDER, read_browsers, read_links, render_code, render_link, render_message
from crumbless.server_data.server_data_view import ServerDataView
from crumbless.server_data.server_registry_read import read_server_data_texts, read_server_registry

PAGES_KEPT = 128
"""Rendered pages in memory, about 100 kB each. Rendering blocks the event loop for some milliseconds."""

OWN_PLACES = {name: f"#{name}" for name in ("browsers", "third", "off")}
"""Links from one section of the page to another."""


@dataclass(frozen=True, slots=True)
class Subject:
    """The subject of a policy: a site, or with an empty key the installation.

    `periods`: the days of stored data that the site has set (RetentionRules.periods).
    """

    key: str = ""
    name: str = ""
    origins: tuple[str, ...] = ()
    tags: tuple[VendorTag, ...] = ()
    periods: tuple[tuple[str, int], ...] = ()

    @property
    def services(self) -> frozenset[str]:
        """Return the services whose tags run in visitors' browsers. Only these store data there."""
        return frozenset(tag.service for tag in self.tags if tag.mode == "browser")

    @property
    def query(self) -> dict[str, str]:
        """Return the query parameters that name the subject."""
        return {"site": self.key} if self.key else {}


class PolicyPages:
    """The sources of the policy page, which are read once.

    Args:
        server_data: the data on the server; with the periods of the default settings if None.
    """

    def __init__(
        self,
        registry: Registry,
        address: str,
        company: CompanySettings,
        assets: Assets,
        server_data: ServerDataView | None = None,
    ) -> None:
        self.registry = registry
        self._server_data = server_data or ServerDataView(read_server_registry(), Settings())
        self._links = read_links() | OWN_PLACES
        self._browsers = read_browsers()
        self._address = address
        self._company = company
        self._assets = assets
        # Templates are compiled at the first page, which takes 60 ms.
        self._templates = Environment(
            loader=FileSystemLoader(FOLDER),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.page = functools.lru_cache(PAGES_KEPT)(self._render_page)
        self.missing = functools.lru_cache(PAGES_KEPT)(self._render_missing)

    def _render_page(self, subject: Subject, language: str) -> Asset:
        """Return the policy of a subject in a language."""
        return self._render("page.html.jinja", subject, language)

    def _render_missing(self, language: str) -> Asset:
        """Return the page for a site that does not exist."""
        return self._render("missing.html.jinja", Subject(), language)

    def _render(self, template: str, subject: Subject, language: str) -> Asset:
        context = PolicyContext(self.registry, self._links, subject, language, self._address)
        html = self._templates.get_template(template).render(
            page=context,
            words=context.texts,
            say=context.say,
            subject=subject,
            registry=self.registry,
            browsers=self._browsers,
            company=self._company,
            server=read_server_data_texts()[language].page,
            server_rows=self._server_data.of_visitors(
                language, any(tag.mode == "relay" for tag in subject.tags), dict(subject.periods)
            ),
            server_sent=self._server_data.sent(language),
            style=self._assets.style("policy"),
            script=self._assets.script("policy"),
        )
        return make_asset(html.encode(), "text/html")


class PolicyContext:
    """The data and functions of the template for one page in one language."""

    def __init__(
        self, registry: Registry, links: dict[str, str], subject: Subject, language: str, address: str
    ) -> None:
        self._registry = registry
        self._subject = subject
        self.texts = read_texts(language, "policy")
        self.stored = read_storage_texts()[language]
        self.language = language
        self.direction = direction_of(language)
        self.languages = [(one, name_of(one), direction_of(one)) for one in languages_of("policy")]
        self.host = urlsplit(address).netloc
        self._links = links | {
            "disclosure": f"/storage.json?{urlencode(subject.query | {'lang': language})}",
            "general": f"/policy?lang={language}",
        }
        self.config = json.dumps({"site": subject.key, "publicUrl": address, "origins": subject.origins})

    def say(self, message: str, **values: object) -> Markup:
        """Return a message as HTML, with its values."""
        return render_message(message, self.language, self._links, values, self.texts["page"]["new_tab"])

    def away(self, address: str) -> Markup:
        """Return a link to another website, with its host as text."""
        return render_link(urlsplit(address).netloc, address, self.texts["page"]["new_tab"])

    def plain(self, message: str, **values: object) -> str:
        """Return a message without marks as text, with its values."""
        return format_message(message, self.language, values)

    def joined(self, group: str, names: Sequence[str]) -> Markup:
        """Return the texts for several values of a field of the registry."""
        texts: Mapping[str, str] = getattr(self.stored, group)
        message = escape(self.texts["storage"]["joined"])
        return functools.reduce(
            lambda some, more: message.format(some=some, more=more), (self.say(texts[name]) for name in names)
        )

    def keys(self, items: Sequence[Item]) -> Markup:
        """Return the items' keys, separated by commas."""
        return Markup(", ").join(render_code(item.key) for item in items)

    def key(self, item: Item) -> Markup:
        """Return an item's key as HTML."""
        return render_code(item.key)

    def date(self, date: datetime.date) -> Markup:
        """Return a date in the format of the language."""
        values = {"day": date.day, "month": self.texts["page"]["months"][date.month - 1], "year": date.year}
        shown = format_message(self.texts["page"]["date"], self.language, values)
        return Markup('<time datetime="{}">{}</time>').format(date.isoformat(), shown)

    def lifetime(self, item: Item) -> Markup:
        """Return the lifetime of a value."""
        message = self.texts["storage"]["tab" if item.mechanism == "sessionStorage" else "most"]
        return self.say(message, lifetime=self.stored.lifetime_text(self.language, item.lifetime))

    def cleared(self, item: Item) -> Markup:
        """Return the actions that delete a value."""
        if item.cleared:
            return self.joined("cleared", item.cleared)
        return self.say(self.texts["storage"]["none_clears"], domain=item.domain)

    def categories(self) -> list[tuple[str, list[Item], list[Item]]]:
        """Return each category of Crumbless items, with those of visitors and those that only operators have."""
        own_items = [item for item in self._registry.item if item.service is None]
        names = [name for name in self.stored.category if any(item.category == name for item in own_items)]
        return [
            (
                name,
                [item for item in own_items if item.category == name and item.surfaces != ["desk"]],
                [item for item in own_items if item.category == name and item.surfaces == ["desk"]],
            )
            for name in names
        ]

    def revisions(self) -> list[tuple[str, Markup, Markup]]:
        """Return number, date and changes of each revision, newest first."""
        return [
            (str(one.number), self.date(one.date), self.say(self.stored.revision[str(one.number)]))
            for one in self._registry.revision
        ]

    def items_of(self, service: str) -> list[Item]:
        """Return the items that the tag of a service stores."""
        return [item for item in self._registry.item if item.service == service]

    def tags_of(self, category: str) -> list[VendorTag]:
        """Return the site's browser tags of a category."""
        in_browsers = [tag for tag in self._subject.tags if tag.mode == "browser"]
        return [tag for tag in in_browsers if self.items_of(tag.service)[0].category == category]

    def address_in(self, language: str) -> str:
        """Return the address of this page in another language."""
        return f"?{urlencode({'lang': language})}"
