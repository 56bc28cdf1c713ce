"""Structure of the portal's HTML pages, for tests."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

_VOID_TAGS = {"meta", "link", "input", "br", "hr", "img", "source"}


@dataclass
class Element:
    """HTML element with its texts and its child elements in order."""

    tag: str
    attributes: dict[str, str]
    parent: "Element | None" = None
    content: "list[Element | str]" = field(default_factory=list)

    @property
    def text(self) -> str:
        """Text with collapsed white space."""
        parts = (each if isinstance(each, str) else each.text for each in self.content)
        return " ".join(" ".join(parts).split())

    @property
    def language(self) -> str:
        """Value of the nearest `lang`."""
        if "lang" in self.attributes or self.parent is None:
            return self.attributes.get("lang", "")
        return self.parent.language

    def find_all(self, *tags: str) -> "list[Element]":
        """List the elements inside with one of `tags`, in document order."""
        found = []
        for each in self.content:
            if isinstance(each, Element):
                found += [each] if each.tag in tags else []
                found += each.find_all(*tags)
        return found

    def texts(self) -> "list[tuple[Element, str]]":
        """List the texts that are not blank, with the element that directly contains each."""
        found: list[tuple[Element, str]] = []
        for each in self.content:
            if isinstance(each, Element):
                found += each.texts()
            elif each.strip():
                found.append((self, " ".join(each.split())))
        return found


class _TreeBuilder(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = self.open = Element("", {})

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs}, self.open)
        self.open.content.append(element)
        if tag not in _VOID_TAGS:
            self.open = element

    def handle_endtag(self, tag: str) -> None:
        assert self.open.tag == tag, f"</{tag}> closes <{self.open.tag}>"
        assert self.open.parent
        self.open = self.open.parent

    def handle_data(self, data: str) -> None:
        self.open.content.append(data)


def parse_page(page: str) -> Element:
    """Parse a page; every element must be closed."""
    builder = _TreeBuilder()
    builder.feed(page)
    builder.close()
    assert builder.open is builder.root
    return builder.root
