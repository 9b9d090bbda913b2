"""Who has done what to whom: kept in the database, in the transaction that does it."""
