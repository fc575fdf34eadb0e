# Says plainly when what a page shows grows old.
notice-gone = Sem conexão
notice-stale = Números parados
notice-since = há { $n } s
notice-of = números de { $at }.
