"""The stock limit: the least that a Django site can do for a lesson, a question and an answer."""
