"""Pages of the portal: their paths, and waiting until they are ready."""

from playwright.sync_api import Page, expect

APRIL_2019 = "/missions/iss-59?month=2019-04"
SCREENS = {
    "home": "/",
    "mission": APRIL_2019,
    "day": f"{APRIL_2019}&day=2019-04-04",
    "missions": "/missions",
    "people": "/people",
    "launches": "/launches",
    "chosen": "/launches?q=soyuz&crewed=true&year=2019",
    "station": "/station?on=2019-04-04",
    "spacewalks": "/spacewalks",
    "spacewalk": "/spacewalks/spacewalk-214",
    "spacecraft": "/spacecraft/dragon-endeavour",
    "module": "/modules/harmony",
    "site": "/sites/baikonur-cosmodrome",
    "vehicle": "/vehicles/soyuz-2-1a",
    "spacecraft-type": "/spacecraft-types/crew-dragon-2",
    "spacecraft-types": "/spacecraft-types",
    "agency": "/agencies/nasa",
    "agencies": "/agencies",
    "person": "/people/aleksey-ovchinin",
    "launch": "/launches/soyuz-ms-10",
    "article": "/articles/launch-progress-ms-11",
    "years": "/archive",
    "archive": "/archive/2019-04",
    "search": "/search",
    "found": "/search?q=ovchinin",
    "problem": "/nowhere",
}
"""Path by name of the screen."""


def wait_until_ready(page: Page) -> None:
    """Wait until the scripts of the page have run."""
    expect(page.locator(".theme")).to_be_visible()
    if page.locator("[data-timeline]").count():
        expect(page.locator("[data-timeline] rect").first).to_be_attached()
    if page.locator("[data-days]").count():
        expect(page.locator("[data-days] [type=range]")).to_be_visible()


def open_page(page: Page, url: str) -> None:
    """Go to `url` and wait until its scripts have run."""
    page.goto(url)
    wait_until_ready(page)


def wait_for_offline_data(page: Page) -> None:
    """Wait until the service worker has cached the data of the navigation bar."""
    while not page.evaluate(
        """async () => {
          const cached = await (await caches.open('data')).keys();
          return cached.some(({ url }) => url.includes('/articles/archive?'));
        }"""
    ):
        page.wait_for_timeout(100)
