list-empty = Nenhum paredão por enquanto. Volte mais tarde.
list-open = Votação aberta
list-opens = Abre em { $at }
list-closed = Encerrado
