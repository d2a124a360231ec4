"""Date formats for English, in the order of the United States: "December 5, 2026", "December 5, 2026, 3:05 p.m."."""

DATE_FORMAT = "F j, Y"
MONTH_DAY_FORMAT = "F j"
SHORT_DATE_FORMAT = "M j"  # for the narrow columns of the Desk; a day of another year has its year too
DATETIME_FORMAT = "F j, Y, P"
TIME_FORMAT = "P"
