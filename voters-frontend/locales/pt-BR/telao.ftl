telao = telão
standing-scheduled = A votação ainda não abriu
standing-open = Votação aberta
standing-closed = Votação encerrada
results-soon = Resultado em breve
connection-lost-brief = Sem conexão. Tentando de novo…
