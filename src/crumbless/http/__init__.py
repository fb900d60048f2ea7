"""HTTP: application, route table, requests, limits, assets."""
