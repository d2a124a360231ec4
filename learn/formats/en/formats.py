"""Date formats for English, in the order of the United States: "December 5, 2026", "December 5, 2026, 3:05 p.m."."""

DATE_FORMAT = "F j, Y"
MONTH_DAY_FORMAT = "F j"
DATETIME_FORMAT = "F j, Y, P"
TIME_FORMAT = "P"
