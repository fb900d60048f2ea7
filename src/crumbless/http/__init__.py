"""HTTP: application, middleware, route table, requests, limits, assets. route_adapter.py calls the handlers."""
