"""Portal: people reach their pages, and how long these take."""

from dashboards.grafana import Json, Panel, Query, Row, dashboard, none_yet

PAGES = "daybook_portal_page_seconds"


def portal() -> Json:
    return dashboard(
        "portal",
        "Portal",
        "Whether people reach their pages, how long these take, and who was let in or turned away.",
        (
            Row("Do people reach their pages"),
            Panel(
                "Pods",
                "Whether each pod of the portal answers Prometheus. 0: it is gone or hangs.",
                "short",
                (Query('up{job=~".*portal"}', "{{instance}}"),),
                kind="bargauge",
                width=6,
                height=5,
                colour="red",
                limits=((1, "green"),),
            ),
            Panel(
                "What it depends on",
                "What the portal reached when it last asked: 1, or 0 where it got no answer. Without its database "
                "it has no page.",
                "short",
                (Query('min by (dependency) (daybook_dependency_up{job=~".*portal"})', "{{dependency}}"),),
                kind="bargauge",
                width=6,
                height=5,
                colour="red",
                limits=((1, "green"),),
            ),
            Panel(
                "Failed pages",
                "Of all pages in the time shown, the part that failed: the portal, or what it asked, did not answer. "
                "Which ones is told below; the log has the faults (page.failed).",
                "percentunit",
                (
                    Query(
                        "sum(increase(daybook_portal_failed_pages_total[$__range]))"
                        f" / (sum(increase({PAGES}_count[$__range])) > 0)",
                        "failed",
                    ),
                ),
                kind="stat",
                width=6,
                height=5,
                limits=((0.05, "red"),),
                decimals=1,
            ),
            Panel(
                "Pages that follow a call",
                "Open now: each holds a connection, and hears of the call by NATS.",
                "short",
                (Query("sum(daybook_portal_live_pages)", "open"),),
                kind="stat",
                width=6,
                height=5,
            ),
            Row("Pages"),
            Panel(
                "How long they take",
                "From the request to the answer, over all pages.",
                "s",
                tuple(
                    Query(f"histogram_quantile({part}, sum by (le) (rate({PAGES}_bucket[$__rate_interval])))", name)
                    for part, name in ((0.5, "p50"), (0.95, "p95"), (0.99, "p99"))
                ),
                width=12,
                limits=((1, "red"),),
            ),
            Panel(
                "How long they take, by route",
                "The mean of each. One that stands out: what it alone asks is slow.",
                "s",
                (
                    Query(
                        f"sum by (route) (rate({PAGES}_sum[$__rate_interval]))"
                        f" / (sum by (route) (rate({PAGES}_count[$__rate_interval])) > 0)",
                        "{{route}}",
                    ),
                ),
                width=12,
            ),
            Panel(
                "Asked for",
                "Pages a minute, by class of their status: 3xx leads on, 4xx was refused, 5xx failed.",
                "cpm",
                (Query(f"60 * sum by (status) (rate({PAGES}_count[$__rate_interval]))", "{{status}}"),),
                width=12,
                stacked=True,
            ),
            Panel(
                "Failed, by route",
                "In the time shown.",
                "short",
                (
                    Query(
                        none_yet(f'sum by (route) (increase({PAGES}_count{{status="5xx"}}[$__range]))', "route"),
                        "{{route}}",
                    ),
                ),
                kind="bargauge",
                width=12,
                limits=((1, "red"),),
                decimals=0,
            ),
            Row("Who comes"),
            Panel(
                "Signed in",
                "Browsers, an hour, by the way: a link that an operator made, a code that a call told, or an account.",
                "short",
                (Query("3600 * sum by (way) (rate(daybook_portal_sign_ins_total[$__rate_interval]))", "{{way}}"),),
                width=12,
            ),
            Panel(
                "Forged requests",
                "Forms that came from another site, or from a page that was too old, in the time shown. Many at once: "
                "somebody tries, or DAYBOOK_PORTAL_URL is not the address at which people come.",
                "short",
                (Query("sum(increase(daybook_portal_forged_requests_total[$__range]))", "refused"),),
                kind="stat",
                width=6,
                limits=((10, "orange"),),
                decimals=0,
            ),
            Panel(
                "The OpenID provider fails",
                "Times that somebody could not sign in with an account, in the time shown, by the reason: it does not answer, "
                "does not take Daybook for its client, or what it says is not to be believed (DaybookProviderFailing).",
                "short",
                (
                    Query(
                        none_yet(
                            "sum by (reason) (increase(daybook_portal_provider_failures_total[$__range]))", "reason"
                        ),
                        "{{reason}}",
                    ),
                ),
                kind="bargauge",
                width=6,
                limits=((1, "orange"),),
                decimals=0,
            ),
        ),
    )
