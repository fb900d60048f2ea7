"""The policy page as HTML: the registry, the words of a language and one site's facts, put together."""

import datetime
import functools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup, escape

from crumbless.api.page_assets import Asset, Assets, make_asset
from crumbless.api.policy_words import FOLDER, Words, read_browsers, read_links, read_words, render_code, render_text
from crumbless.domain.storage_registry import Item, Registry, Texts
from crumbless.settings import Settings
from crumbless.store.tag_store import Tag

PAGES_KEPT = 128
"""Rendered pages held in memory, about 100 kB each: rendering takes milliseconds of the loop that carries the chats."""

OWN_PLACES = {name: f"#{name}" for name in ("browsers", "third", "off")}
"""Links from one section of the page to another."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose policy it is: a site's, or with an empty key the installation's."""

    key: str = ""
    name: str = ""
    origins: tuple[str, ...] = ()
    tags: tuple[Tag, ...] = ()

    @property
    def services(self) -> frozenset[str]:
        """Whose tags run in the visitors' browsers: only they keep anything there."""
        return frozenset(tag.service for tag in self.tags if tag.way == "browser")

    @property
    def query(self) -> dict[str, str]:
        """Names the subject in addresses."""
        return {"site": self.key} if self.key else {}


class PolicyPages:
    """Everything that the policy page is made of, read once."""

    def __init__(self, registry: Registry, settings: Settings, assets: Assets) -> None:
        self.registry = registry
        self.words = read_words()
        self._links = read_links() | OWN_PLACES
        self._browsers = read_browsers()
        self._settings = settings
        self._assets = assets
        environment = Environment(
            loader=FileSystemLoader(FOLDER),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._page = environment.get_template("page.html.jinja")
        self._missing = environment.get_template("missing.html.jinja")
        self.page = functools.lru_cache(PAGES_KEPT)(self._render_page)
        self.missing = functools.lru_cache(PAGES_KEPT)(self._render_missing)

    def _render_page(self, subject: Subject, language: str) -> Asset:
        """The policy of a subject in a language."""
        return self._render(self._page, subject, language)

    def _render_missing(self, language: str) -> Asset:
        """What is shown for a site that does not exist."""
        return self._render(self._missing, Subject(), language)

    def _render(self, template: Template, subject: Subject, language: str) -> Asset:
        context = PolicyContext(self.registry, self.words, self._links, subject, language, self._settings.address)
        html = template.render(
            page=context,
            words=self.words[language],
            say=context.say,
            subject=subject,
            registry=self.registry,
            browsers=self._browsers,
            settings=self._settings,
            style=self._assets.style("policy"),
            script=self._assets.script("policy"),
        )
        return make_asset(html.encode(), "text/html")


class PolicyContext:
    """What the template asks while it renders one page in one language."""

    def __init__(
        self,
        registry: Registry,
        spoken: dict[str, Words],
        links: dict[str, str],
        subject: Subject,
        language: str,
        address: str,
    ) -> None:
        self._registry = registry
        self._words = spoken[language]
        self._subject = subject
        self.language = language
        self.languages = [(code, words["name"], words["direction"]) for code, words in spoken.items()]
        self.host = urlsplit(address).netloc
        self._links = links | {
            "disclosure": f"/storage.json?{urlencode(subject.query | {'lang': language})}",
            "general": f"/policy?lang={language}",
        }
        self.config = json.dumps({"site": subject.key, "publicUrl": address, "origins": subject.origins})

    def say(self, text: str, **values: object) -> Markup:
        """A text of the words, its marks rendered and its values filled in."""
        return render_text(text, self._links, values, self._words["page"]["new_tab"])

    def said(self, texts: Texts) -> Markup:
        """A text of the registry, in English and marked so where it lacks the language."""
        if self.language in texts:
            return self.say(texts[self.language])
        return Markup('<span lang="en" dir="ltr">{}</span>').format(self.say(texts["en"]))

    def joined(self, group: str, names: Sequence[str]) -> Markup:
        """Several values of a field of the registry, as people are told them."""
        return escape(self._words["storage"]["joiner"]).join(
            self.said(getattr(self._registry, group)[name]) for name in names
        )

    def keys(self, items: Sequence[Item]) -> Markup:
        """The items' keys, as a list in one line."""
        return Markup(", ").join(render_code(item.key) for item in items)

    def key(self, item: Item) -> Markup:
        """An item's key."""
        return render_code(item.key)

    def date(self, date: datetime.date) -> Markup:
        """A date as the language writes it."""
        month: str = self._words["page"]["months"][date.month - 1]
        told: str = self._words["page"]["date"].format(day=date.day, month=month, year=date.year)
        return Markup('<time datetime="{}">{}</time>').format(date.isoformat(), told)

    def lifetime(self, item: Item) -> Markup:
        """How long a value lasts."""
        words = self._words["storage"]["tab" if item.mechanism == "sessionStorage" else "most"]
        return self.say(words, lifetime=self._words["lifetime"][item.lifetime])

    def cleared(self, item: Item) -> Markup:
        """What deletes a value."""
        if item.cleared:
            return self.joined("cleared", item.cleared)
        return self.say(self._words["storage"]["none_clears"], domain=item.domain)

    def categories(self) -> list[tuple[str, list[Item], list[Item]]]:
        """Each category of our own items: what visitors have, and what operators alone have."""
        own = [item for item in self._registry.item if item.service is None]
        names = [name for name in self._registry.category if any(item.category == name for item in own)]
        return [
            (
                name,
                [item for item in own if item.category == name and item.surfaces != ["desk"]],
                [item for item in own if item.category == name and item.surfaces == ["desk"]],
            )
            for name in names
        ]

    def revisions(self) -> list[tuple[str, Markup, Markup]]:
        """Number, date and changes of each revision, newest first."""
        return [(str(one.number), self.date(one.date), self.said(one.changes)) for one in self._registry.revision]

    def items_of(self, service: str) -> list[Item]:
        """What the tag of a service keeps."""
        return [item for item in self._registry.item if item.service == service]

    def tags_of(self, category: str) -> list[Tag]:
        """The site's tags in browsers that belong to a category."""
        in_browsers = [tag for tag in self._subject.tags if tag.way == "browser"]
        return [tag for tag in in_browsers if self.items_of(tag.service)[0].category == category]

    def address_in(self, language: str) -> str:
        """This page in a language."""
        return f"?{urlencode({'lang': language})}"
