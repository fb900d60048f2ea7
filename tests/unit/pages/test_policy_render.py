"""The markup of the policy page's texts. All other characters of a text are escaped."""

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crumbless.core.message_format import MessageError
from crumbless.pages.policy_render import read_browsers, render_code, render_link, render_message

LINKS = {"here": "#here", "far": "https://far.example/?a=1&b=2"}


def render(text: str, **values: object) -> str:
    return render_message(text, "en", LINKS, values, "opens another website")


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("Plain & <simple>", "Plain &amp; &lt;simple&gt;"),
        ("**Strong**, then not", "<strong>Strong</strong>, then not"),
        ("**one *star***", "<strong>one *star</strong>*"),
        ("[Here](here)!", '<a href="#here">Here</a>!'),
        ("Ask {name}.", "Ask <bdi>&lt;b&gt;</bdi>."),
        ("**Ask {name}**", "<strong>Ask <bdi>&lt;b&gt;</bdi></strong>"),
        ("[a < b](here)", '<a href="#here">a &lt; b</a>'),
        ("`'{site}'`", '<code dir="ltr" translate="no">{site}</code>'),
        ("`{name}`", '<code dir="ltr" translate="no">&lt;b&gt;</code>'),
        ("[no link]", "[no link]"),
        ("2 * 3 ** 4", "2 * 3 ** 4"),
        ("", ""),
    ],
)
def test_text_is_rendered_as_html(text: str, html: str) -> None:
    assert render(text, name="<b>") == html


def test_link_to_another_website_is_marked() -> None:
    assert render("[Far](far)") == (
        '<a class="away" href="https://far.example/?a=1&amp;b=2" rel="noreferrer">'
        'Far<span class="hidden"> (opens another website)</span></a>'
    )
    assert render_link("Disclosure", "/storage.json?site=a&lang=en", "") == (
        '<a href="/storage.json?site=a&amp;lang=en">Disclosure</a>'
    )


@pytest.mark.parametrize(("text", "error"), [("[Nowhere](nowhere)", KeyError), ("{nobody}", MessageError)])
def test_unknown_link_or_value_is_an_error(text: str, error: type[Exception]) -> None:
    assert render("[Here](here) {name}", name="is")
    with pytest.raises(error):
        render(text)


def test_key_may_break_after_its_parts() -> None:
    assert render_code("a.b_c") == '<code dir="ltr" translate="no">a.<wbr>b_<wbr>c</code>'


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        assert all(name in {"href", "rel", "class", "dir", "translate"} for name, _ in attrs)


MARKED = st.lists(
    st.sampled_from(
        ["**", "`", "[", "](here)", "](far)", "{name}", "<script>", '"', "''", "&", "<a onclick=x>", " ", "a"]
    )
).map("".join)


@given(MARKED, st.text())
def test_rendered_text_contains_only_known_tags(text: str, value: str) -> None:
    parser = _Tags()
    parser.feed(render(text, name=f"<i>{value}</i>"))
    parser.close()
    assert parser.tags <= {"strong", "code", "wbr", "a", "span", "bdi"}


def test_browser_files_are_read() -> None:
    assert next(browser.name for browser in read_browsers()) == "Chrome"
