"""The lengths of a minute, an hour and a day, in milliseconds and in seconds. Only this file contains the numbers."""

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS

HOUR_SECONDS = 3_600
DAY_SECONDS = 24 * HOUR_SECONDS
