opens-at = A votação abre em
closes-at = A votação fecha em
choose = Escolha e vote quantas vezes quiser.
voting-over = A votação terminou.
vote-for = Votar em { $name }

# What the page says as it changes.
voting-opened = A votação está aberta.
closes-within-1-minute = A votação fecha em menos de 1 minuto.
closes-within-10-minutes = A votação fecha em menos de 10 minutos.
opens-in = Abre em { $left }
opening = Abrindo…
closes-in = Fecha em { $left }
closing = Fechando…
connection-lost = Sem conexão com o servidor. Tentando de novo…
