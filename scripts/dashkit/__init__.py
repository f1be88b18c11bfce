"""Grafana's dashboards for Remora: what they show, and the JSON that Grafana takes."""
