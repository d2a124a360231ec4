"""Date formats for English: the day before the month ("3 June"), as on printed cards."""

DATE_FORMAT = "j F Y"
MONTH_DAY_FORMAT = "j F"
DATETIME_FORMAT = "j F Y, P"
