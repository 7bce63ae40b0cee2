"""The Grafana dashboards of the chart, as tables of questions. `make dashboards` writes them as JSON into the chart."""
