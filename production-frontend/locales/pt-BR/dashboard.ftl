# How a paredão stands, and its votes by time.
dashboard-halted = { $count ->
    [1] Uma partição está parada: há votos que esperam para ser contados.
   *[other] { $count } partições estão paradas: há votos que esperam para ser contados.
}
dashboard-see-pipeline = Ver a contagem
dashboard-after-closing = Votos depois do encerramento, fora do total: { $count }.

dashboard-now = Agora
dashboard-total = Total de votos
dashboard-minute = Votos por minuto
dashboard-minute-start = no minuto das
dashboard-leader = Na frente
dashboard-tie = Empate
dashboard-nobody = Ninguém ainda
dashboard-margin = { $points } pontos à frente
dashboard-as-of = Atualizado às
dashboard-age = há { $n } s
dashboard-lag = Atraso da contagem
dashboard-queue = votos na fila: { $count }
dashboard-no-register = nenhum registrador contando
dashboard-uncounted = partições sem contagem: { $count }

dashboard-participants = Total por participante
dashboard-votes = { $count ->
    [1] { $count } voto
   *[other] { $count } votos
}
dashboard-summary = { $votes }; { $leader } na frente por { $points } pontos

dashboard-by = Votos por { $grain }
grain-minute = minuto
grain-5min = 5 minutos
grain-15min = 15 minutos
grain-hour = hora
grain-day = dia
dashboard-granularity = Agrupar por
dashboard-range = Período
range-all = Tudo
range-recent = { $hours ->
    [1] Última hora
   *[other] Últimas { $hours } horas
}
dashboard-from = De
dashboard-to = Até
dashboard-with = Comparar com
dashboard-with-none = nenhum paredão
dashboard-show = Mostrar
dashboard-zone = Esta página usa o { $zone }.
zone-brasilia = horário de Brasília
zone-other = horário de { $zone }
dashboard-not-live = Este período não se renova sozinho; os números acima, sim.
dashboard-with-coarser = Os votos de { $title } já estão agrupados por { $grain }.
dashboard-with-by = Comparar por { $grain }
dashboard-compared = Comparado com { $title } pelo tempo desde a abertura de cada um.
dashboard-coarser = Uma parte destes votos já está agrupada por { $grain } e fica fora do gráfico.
dashboard-see-by = Ver por { $grain }
dashboard-cut = O período começa no meio de um trecho agrupado: os votos desse trecho não estão na tabela.
chart = Gráfico dos votos; os mesmos números estão na tabela abaixo
chart-switches = Mostrar no gráfico

dashboard-start = Início
dashboard-all = Total
dashboard-none = Nenhum voto neste período.
row-minute = { $day } { $hour }:{ $minute }
row-hour = { $day } { $hour }h
row-day = { $day }
row-merged-hour = { $day } { $hour }h (hora)
row-merged-day = { $day } (dia)
dashboard-newest = As { $count } linhas mais recentes; o CSV e o JSON trazem todas.
dashboard-files = CSV, para planilhas, e JSON, para programas, trazem esta tabela; os nomes das colunas são os mesmos em qualquer idioma.
