# The count: registers, partitions, and having them stand still or go on.
pipeline = Contagem
pipeline-more = Mais da contagem
pipeline-now = Agora
pipeline-no-nodes = Nenhum registrador deu notícia nos últimos 30 segundos: os votos esperam no log, e nenhum se perde.
pipeline-no-node = Nenhum.
pipeline-aggregator-silent = O agregador não dá notícia desde { $at }: as porcentagens que o público vê estão paradas. Os números da produção não dependem dele.
pipeline-aggregator-never = O agregador ainda não rodou: o público não vê porcentagens. Os números da produção não dependem dele.
pipeline-all-paused = A contagem de { $topic } está pausada: os totais estão parados, e os votos esperam no log.
pipeline-paused-by = Pausada por { $who } em { $at }.
pipeline-waiting = Votos por contar
pipeline-lag = Atraso
pipeline-minute = Votos do último minuto
pipeline-uncounted = Partições sem contagem
pipeline-aggregated = Porcentagens renovadas
pipeline-nodes = Registradores
pipeline-partitions = Partições de { $topic }
pipeline-pause-all = Pausar todas…
pipeline-resume-all = Retomar todas…

node-name = Registrador
node-partitions = Partições
node-minute = Votos do último minuto
node-since = Conta desde
node-seen = Última notícia

partition = Partição
partition-state = Estado
partition-waiting = Por contar
partition-lag = Atraso
partition-minute = Votos do último minuto
partition-cursor = Próxima posição
partition-end = Fim do log
partition-owner = Registrador
partition-steer = Ação
partition-pause = Pausar…
partition-resume = Retomar…
partition-paused-by = Partição { $partition } pausada por { $who } em { $at }.
partition-error = Último erro da partição { $partition },
partition-halted = parada
partition-paused = pausada
partition-pausing = pausando
partition-unowned = sem registrador
partition-claiming = assumindo
partition-rebuilding = relendo
partition-counting = contando

halt = A partição { $partition } parou
halt-waits = Os votos dela esperam até alguém decidir; as outras seguem contando.
halt-do = O que fazer:
halt-said = O registrador disse:
halt-log-trimmed = O log já não guarda votos que ainda não tinham sido contados.
halt-gap = Faltam mensagens no meio do log.
halt-skip-do = Se elas não puderem voltar, siga sem elas. O comando diz onde continuar e anota o que foi deixado para trás:
halt-window-trimmed = O log perdeu votos já contados, e o próximo pode ser a repetição de um deles.
halt-window-trimmed-do = Siga depois deste voto. Os que puderem ser repetição ficam separados:
halt-other-log = O log não é mais o que foi contado: o tópico foi refeito ou perdeu mensagens.
halt-other-log-do = Descubra o que houve com o Kafka. Se este log vale, conte-o desde o começo:
halt-clock = O relógio de um servidor do Kafka está adiantado.
halt-clock-do = Acerte o relógio do Kafka ou desta máquina e reinicie o registrador.
halt-not-append-time = O tópico não carimba a hora de chegada, e sem ela não se sabe que cédulas venceram.
halt-not-append-time-do = Configure o tópico com LogAppendTime e reinicie o registrador.
halt-ballots = O registrador chegou ao limite de cédulas que consegue lembrar.
halt-ballots-do = Avise quem cuida do sistema: há cédulas demais para uma partição só.
halt-store = O banco de dados recusa até guardar a mensagem como separada.
halt-store-do = Avise quem cuida do sistema: o banco precisa ser corrigido. Depois, reinicie o registrador.

steer-pause-all = Pausar todas as partições?
steer-pause-one = Pausar a partição { $partition }?
steer-resume-all = Retomar todas as partições?
steer-resume-one = Retomar a partição { $partition }?
steer-pause-all-means = A votação continua aberta e nenhum voto se perde, mas nenhum é contado: totais e porcentagens ficam parados, também para o público, até alguém retomar.
steer-pause-one-means = A votação continua aberta e nenhum voto se perde, mas os desta partição não são contados até alguém retomar: até lá faltam nos totais e nas porcentagens.
steer-resume-means = Os votos que esperam são contados em seguida, e os totais sobem de uma vez.
steer-waiting = { $count ->
    [0] Agora nenhum voto espera.
    [1] Agora espera { $count } voto.
   *[other] Agora esperam { $count } votos.
}
steer-open = Com votação aberta agora:
steer-none-open = Nenhuma votação está aberta agora.
steer-yes-pause = Sim, pausar
steer-yes-resume = Sim, retomar
cancel = Cancelar

ago-seconds = há { $n } s
ago-minutes = há { $n } min
ago-hours = há { $n } h
ago-days = há { $n } d
