"""Filters of conversations: one grammar, evaluated in SQL and in memory. docs/filter.md describes it."""
