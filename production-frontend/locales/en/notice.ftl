# Says plainly when what a page shows grows old.
notice-gone = No connection
notice-stale = Numbers stand still
notice-since = for { $n } s
notice-of = numbers of { $at }.
