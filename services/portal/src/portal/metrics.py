"""What the portal counts."""

from prometheus_client import Counter, Gauge, Histogram

from portal.errors import ProviderFails

WAYS = ("link", "call", "account")
signed_in = Counter("daybook_portal_sign_ins_total", "Browsers that were signed in, by the way.", ["way"])
for _way in WAYS:
    signed_in.labels(_way)

pages = Histogram(
    "daybook_portal_page_seconds",
    "How long a page took, from its request to the beginning of its answer, by route and class of status.",
    ["route", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0),
)
failed_pages = Counter("daybook_portal_failed_pages_total", "Pages that ended with a status of 500 or above.")
provider_failures = Counter(
    "daybook_portal_provider_failures_total",
    "Times that somebody could not sign in because of the OpenID provider, or of how Daybook is registered there, by the reason.",
    ["reason"],
)
for _reason in ProviderFails.REASONS:
    provider_failures.labels(_reason)
forged_requests = Counter(
    "daybook_portal_forged_requests_total", "Forms that came from another site, or from a page that is too old."
)
live_pages = Gauge("daybook_portal_live_pages", "Pages that follow a call while it goes on.")
