"""Questions of readers of the documentation, and the page that answers each."""

QUESTIONS = {
    "how do I page": "guides/lists",
    "next page cursor": "guides/lists",
    "sort order of a list": "guides/lists",
    "download a list as csv": "guides/lists",
    "select only some fields": "guides/lists",
    "what does precision mean": "guides/dates",
    "time zone of a day": "guides/dates",
    "why is the launch at midnight": "guides/dates",
    "multiple values in a filter": "guides/filters",
    "count by vehicle facet": "guides/filters",
    "russian language": "guides/languages",
    "which errors should I retry": "guides/errors",
    "problem json": "guides/errors",
    "what does 412 mean": "status-codes",
    "if-none-match etag 304": "guides/caching",
    "how many requests per minute": "guides/limits",
    "too many requests": "guides/limits",
    "cors browser": "guides/requests",
    "verify webhook": "api/webhooks",
    "webhook retries": "api/webhooks",
    "keep an offline copy": "recipes/offline-copy",
    "cursor expired 410": "guides/following",
    "create an api key": "api/keys",
    "publish an article": "api/editing",
    "idempotency key": "api/editing",
    "sqlite tables columns": "guides/tables",
    "who was aboard on a day": "api/station",
    "react": "recipes/mission-page",
    "subscribe calendar ics": "recipes/calendar",
    "deprecation of a route": "versions",
}
"""Path of the page that answers a question."""

MIN_RIGHT_COUNT = 27
"""Questions whose page has to be the first result."""
