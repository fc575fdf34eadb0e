# Messages that couldn't be counted: the list, each of them, and replaying the good votes among them.
parked = Mensagens separadas
parked-about = O que chegou e não pôde ser contado. Nada se perde: cada mensagem fica aqui, com o motivo.
parked-back = Todas as mensagens separadas
parked-filter = Filtro
parked-all = Todos os motivos
parked-reason = Motivo
parked-paredao = Paredão
parked-any = qualquer um
parked-from = Chegou de
parked-to = Até o dia
parked-state = Situação
parked-any-state = todas
parked-not-counted = ainda não contadas
parked-counted = já contadas
parked-partition = Partição
parked-show = Mostrar
parked-show-all = Mostrar todas
parked-found = { $count ->
    [1] { $count } mensagem
   *[other] { $count } mensagens
}
parked-none = Nenhuma mensagem foi separada: tudo o que chegou foi contado.
parked-none-found = Nenhuma mensagem com este filtro.
parked-number = Número
parked-appended = Chegou em
parked-minute = Minuto da cédula
parked-place = Onde está
parked-choose = Escolher a mensagem { $id }
parked-counted-by = contado por { $who }
parked-can-count = pode ser contado
parked-no-vote = não é um voto
parked-pages = Páginas da lista
parked-first-page = Mais novas
parked-next-page = Mais antigas
parked-replay-about = A simulação não conta nada: só diz o que aconteceria. Contar vem depois, com uma confirmação.
parked-try-chosen = Simular as escolhidas
parked-try-filter = Simular todas deste filtro
parked-try-reason = Simular todas deste motivo
parked-try-all = Simular todos os votos separados

parked-too-late = chegou tarde
parked-too-late-why = O voto chegou depois do prazo da sua cédula, quando o registrador já não guardava a lista das cédulas daquele minuto. É um voto bom, mas só o log diz se uma cópia dele já foi contada.
parked-too-late-do = Faça uma simulação. Se nenhuma cópia foi contada, ele pode ser contado uma vez, no minuto em que foi dado.
parked-from-future = veio do futuro
parked-from-future-why = O minuto da cédula estava adiante do relógio do log: o relógio de um frontend estava errado. É um voto bom.
parked-from-future-do = Confira os relógios dos frontends. Depois que aquele minuto passar, faça uma simulação: ele pode ser contado uma vez.
parked-refused = recusado pelo banco
parked-refused-why = O banco de dados recusou o voto em todas as tentativas. É um voto bom, mas um dos seus valores não pôde ser guardado.
parked-refused-do = Mostre a quem cuida do sistema o que o banco disse. Com o banco corrigido, faça uma simulação: ele pode ser contado uma vez.
parked-import = importação desconhecida
parked-import-why = A linha diz ser de uma importação que não foi registrada para este paredão.
parked-import-do = Registre a importação e mande o arquivo de novo com ela. Esta linha não será contada.
parked-version = versão desconhecida
parked-version-why = A mensagem foi escrita por uma versão mais nova do sistema do que a do registrador.
parked-version-do = Avise quem cuida do sistema: o registrador precisa ser atualizado.
parked-wrong-partition = partição errada
parked-wrong-partition-why = A cédula foi emitida para outra partição: a mensagem foi escrita onde não devia.
parked-disagrees = chave e conteúdo discordam
parked-disagrees-why = A chave da mensagem diz uma coisa e o conteúdo diz outra. Nenhum frontend nosso escreve assim.
parked-key = chave que não é de voto
parked-key-why = A chave da mensagem falta, ou não é como a de um voto. Nenhum frontend nosso escreve assim.
parked-value = conteúdo que não é de voto
parked-value-why = O conteúdo da mensagem não é como o de um voto: falta algo, sobra algo, ou um valor é impossível. Nenhum frontend nosso escreve assim.
parked-not-a-vote-do = Não há o que contar. Se chegarem muitas, avise quem cuida do sistema: alguém está escrevendo no tópico dos votos.

record = Mensagem separada { $id }
record-try = Simular a contagem
record-why = Por que não foi contada
record-database-said = { $attempts ->
    [1] O banco disse, em { $attempts } tentativa:
   *[other] O banco disse, em { $attempts } tentativas:
}
record-do = O que fazer
record-replayed = Nada: este voto já foi contado, por { $who }, em { $at }.
record-where = Onde estava
record-topic = Tópico
record-offset = Posição
record-parked = Separada em
record-unknown = não se sabe
record-key = Chave
record-value = Conteúdo
record-bytes = { $bytes ->
    [1] { $bytes } byte.
   *[other] { $bytes } bytes.
}
record-cut = Os primeiros { $shown } de { $bytes } bytes.
record-text = Como texto
record-no-text = Não é texto.
record-hex = Em hexadecimal
record-no-part = A mensagem não tem.
record-history = Histórico
record-no-history = Ninguém simulou nem contou esta mensagem.

replay-dry = Simulação { $id }
replay-real = Contagem de separados { $id }
replay-asked = Pedida por { $who } em { $at }.
replay-of-ids = { $count ->
    [1] De { $count } mensagem.
   *[other] De { $count } mensagens.
}
replay-of-reason = De todas as separadas por este motivo: { $reason }.
replay-of-all = De todos os votos separados.
replay-result = Resultado
replay-waiting = Esperando um registrador. Ele começa em poucos segundos.
replay-error = Na última tentativa falhou, e será tentado de novo:
replay-running = { $count ->
    [1] Em andamento: { $count } mensagem vista até agora.
   *[other] Em andamento: { $count } mensagens vistas até agora.
}
replay-look-again = Ver de novo
replay-would-count = Seriam contados
replay-did-count = Contados agora
replay-counted-before = Já estavam contados
replay-cannot = Não podem ser contados
replay-could-not = Não foram contados
replay-nothing = Não havia nenhuma mensagem a ver.
replay-confirm = { $count ->
    [1] Contar { $count } voto agora? Ele entra uma vez só, no minuto em que foi dado, e o total do seu paredão sobe. Não dá para desfazer.
   *[other] Contar { $count } votos agora? Cada um entra uma vez só, no minuto em que foi dado, e os totais dos seus paredões sobem. Não dá para desfazer.
}
replay-confirm-button = { $count ->
    [1] Sim, contar { $count } voto
   *[other] Sim, contar { $count } votos
}
replay-each = Cada mensagem
replay-outcome = Resultado
replay-detail = O que o registrador disse
replay-first = { $count ->
    [1] Só a primeira.
   *[other] As primeiras { $count }.
}

outcome-replayed = contado agora
outcome-would-replay = seria contado
outcome-already-replayed = já tinha sido contado
outcome-counted = uma cópia já foi contada
outcome-ballot-replayed = outra cópia separada já foi contada
outcome-window-open = cedo demais: tente de novo em alguns minutos
outcome-undecodable = não é um voto
outcome-log-gone = o log já não guarda aquele minuto: uma cópia pode ter sido contada
outcome-log-changed = o log não é mais o mesmo
outcome-refused = o banco recusou de novo
outcome-published = o resultado do paredão já foi publicado
outcome-unknown = não existe
