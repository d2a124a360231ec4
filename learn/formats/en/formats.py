"""How English dates look here: the day before the month ("3 June"), as on the cards and in every design."""

DATE_FORMAT = "j F Y"
MONTH_DAY_FORMAT = "j F"
DATETIME_FORMAT = "j F Y, P"
