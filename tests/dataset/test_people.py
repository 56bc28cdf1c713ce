"""People of the embedded archive: births, deaths and links against the facts they are from."""

from hashlib import sha256

from app.domain.dates import Precision
from app.ingest.dataset.records import read_facts

BIRTHS_SHA256 = "e6c83756fffb2b16e7d1ad9152cc7ebf61ec4098b23ed329bb25e85748c2da55"
"""Digest of the lines "slug day" of 283 births: 281 of Launch Library 2, and two of ours."""
VAGUE_BIRTHS = {
    # Launch Library 2 has the first day of the year.
    "christopher-williams": ("1983-01-01", Precision.YEAR),
    "jack-hathaway": ("1982-01-01", Precision.YEAR),
    "mark-pathy": ("1970-01-01", Precision.YEAR),
    "mary-ellen-weber": ("1962-01-01", Precision.YEAR),
    "nichole-ayers": ("1989-01-01", Precision.YEAR),
    "yozo-hirano": ("1985-01-01", Precision.YEAR),
    # NASA: May 1975; other sources differ in the day.
    "dorothy-metcalf-lindenburger": ("1975-05-01", Precision.MONTH),
}
DEATHS = {
    "alan-poindexter": "2012-07-01",
    "boris-morukov": "2015-01-01",
    "marc-garneau": "2025-06-04",
    "piers-sellers": "2016-12-23",
    "rick-husband": "2003-02-01",
}


def test_births_equal_the_facts() -> None:
    people = read_facts().people.values()
    exact = sorted(
        f"{person.slug} {person.born_on}"
        for person in people
        if person.born_on and person.born_on_precision is None
    )
    assert len(exact) == 283
    assert sha256("\n".join(exact).encode()).hexdigest() == BIRTHS_SHA256
    vague = {
        person.slug: (str(person.born_on), person.born_on_precision)
        for person in people
        if person.born_on_precision
    }
    assert vague == VAGUE_BIRTHS


def test_frank_rubio_has_no_birth() -> None:
    """Launch Library 2 has December 1976, but he was 41 in June 2017."""
    assert read_facts().people["frank-rubio"].born_on is None


def test_deaths_and_links() -> None:
    people = read_facts().people.values()
    assert {each.slug: str(each.died_on) for each in people if each.died_on} == DEATHS
    identifiers = [each.wikidata_id for each in people if each.wikidata_id]
    assert len(identifiers) == len(set(identifiers)) == 285
    articles = [article for each in people for article in each.wikipedia]
    assert len({article.url for article in articles}) == len(articles) == 293
    assert all(each.url.startswith("https://en.wikipedia.org/wiki/") for each in articles)


def test_every_agency_is_listed() -> None:
    facts = read_facts()
    named = {person.agency for person in facts.people.values() if person.agency}
    named |= {seat.agency for each in facts.launches.values() for seat in each.crew if seat.agency}
    named |= {walk.operator for walk in facts.spacewalks.values()}
    named |= {owner for module in facts.modules.values() for owner in module.owners}
    assert named <= facts.agencies.keys()
    providers = {each.provider for each in facts.launches.values()}
    assert providers <= {agency.slug for agency in facts.agencies.values()}
    makers = {agency.slug for name, agency in facts.agencies.items() if name not in named}
    assert makers - providers == {"boeing", "rkts-progress", "rsc-energia"}
    assert makers & providers == {
        "arianespace",
        "khrunichev",
        "mitsubishi-heavy-industries",
        "northrop-grumman",
    } | {
        *("orbital-atk", "orbital-sciences", "spacex", "strategic-missile-forces"),
        "united-launch-alliance",
    }
