# Whether the votes that frontends sent, the topic and the tables agree.
reconciliation = Conferência
reconciliation-heading = Conferência dos votos
reconciled-green = verde
reconciled-catching-up = conferindo
reconciled-red = vermelho
reconciliation-green = Tudo confere: o que os frontends enviaram, o log e as tabelas.
reconciliation-catching-up = { $seconds ->
    [1] Conferindo há { $seconds } segundo. Enquanto isso não se sabe se tudo confere.
   *[other] Conferindo há { $seconds } segundos. Enquanto isso não se sabe se tudo confere.
}
reconciliation-never = Ninguém conferiu ainda: o agregador não está rodando com a conferência ligada.
reconciliation-red = Não confere. Não publique resultados antes de entender por quê: mostre esta página a quem cuida do sistema.
reconciliation-checked = Conferido por último em { $at }.
reconciliation-findings = O que foi encontrado
reconciliation-what = O quê
reconciliation-where = Onde
reconciliation-expected = Deveria ser
reconciliation-found = É
reconciliation-unknown = não se sabe
reconciliation-wrong = não confere
reconciliation-partition = partição { $partition }
reconciliation-paredao = paredão { $slug }
reconciliation-since = desde { $at }
reconciliation-boot = frontend { $boot }
reconciliation-how = O que é conferido
reconciliation-how-about = Um leitor independente conta o log outra vez, o tempo todo, e compara três coisas.
reconciliation-how-tables = O log e as tabelas dizem o mesmo, partição por partição e minuto por minuto.
reconciliation-how-lost = Todo voto confirmado a um eleitor está no log.
reconciliation-how-unaccounted = Todo voto do log foi enviado por um frontend nosso.

finding-lost = votos confirmados que não estão no log
finding-unaccounted = votos no log que nenhum frontend enviou
finding-counted = cédulas do log e votos contados
finding-duplicate = cópias do log e repetidos do registrador
finding-untimely = votos fora de hora no log e separados
finding-undecodable = mensagens ilegíveis no log e separadas
finding-dead-letters = separados pelo cursor e na tabela
finding-buckets = votos contados pelo cursor e somados na tabela
finding-minute = cédulas do log e votos da tabela no minuto
finding-log-shorter = o log termina antes do que já foi lido
finding-frontend-unknown = um frontend morreu: o que enviou por último não se sabe
finding-other = outra diferença
