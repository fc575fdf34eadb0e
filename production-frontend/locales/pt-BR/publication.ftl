# When a count is final, and publishing its result.
final-yes = Contagem final
final-not-yet = A contagem ainda não é final
final-done = ✓ feito
final-window = Últimos votos
final-window-note = Cédulas emitidas antes do encerramento podem chegar até { $until }.
final-counting = Contagem
final-counting-note = { $partitions ->
    [1] Falta 1 partição
   *[other] Faltam { $partitions } partições
}; registros na fila: { $votes }.
final-counting-nobody = Nenhum registrador contou ainda.
final-reconciling = Conferência
final-reconciling-note = Esperando uma conferência verde, feita depois dos últimos votos.
final-reconciling-red = A conferência achou uma diferença.
final-partitions = Partições que faltam
final-halted = A partição { $partition } está parada até alguém decidir.
final-unseen = Falta saber onde termina o log da partição { $partition }.
final-behind = A partição { $partition } tem { $votes ->
    [1] 1 registro
   *[other] { $votes } registros
} por contar.
final-findings = Ver o que não confere

publish-propose = Propor a publicação
publish-propose-consequence = Propor a publicação destes números? Outra pessoa da direção confirma os mesmos números; só então o resultado é publicado.
publish-propose-yes = Sim, propor
publish-proposed = { $who } propôs publicar em { $at }
publish-parked = { $votes ->
    [1] 1 voto separado deste paredão ainda poderia ser contado.
   *[other] { $votes } votos separados deste paredão ainda poderiam ser contados.
} Depois de publicar, não podem mais.
publish-imports = Importações deste paredão: { $imports }. Não iniciadas: { $waiting }. Linhas contadas: { $lines }. Confira se cada uma está completa: depois de publicar, nenhuma continua.
publish-own = Espera a confirmação de outra pessoa da direção.
publish-confirm-consequence = Publicar exatamente estes números? O resultado é assinado e não muda nunca mais.
publish-confirm = Confirmar e publicar
publish-withdraw = Retirar a proposta
publish-for-directors = Publicar é com a direção: uma pessoa propõe, outra confirma.

result-participant = Participante
result-votes = Votos
result-total = Total
result-hash = Impressão digital do que foi contado (SHA-256):

published-title = Resultado publicado
published-by = Proposto por { $proposer }, confirmado e publicado por { $confirmer } em { $at }.
published-print = Página para imprimir
published-signature = Assinatura

printed-title = Resultado: { $title }
printed-official = Resultado oficial
printed-times = Votação de { $opening } até antes de { $closing } ({ $zone }).
printed-after-closing = Votos com cédula emitida depois do encerramento, fora do total: { $votes }.
printed-signed = Quem responde por este resultado
printed-proposed = Proposto por
printed-confirmed = Confirmado por
printed-json-hash = SHA-256 do arquivo JSON
printed-signature = Assinatura Ed25519 do arquivo JSON
printed-key = Chave
printed-cursors = Até onde cada partição foi contada
printed-cursors-note = Partição do log e o número do próximo registro.
printed-verify = Esta página mostra o arquivo JSON, que é o que está assinado: quem o tem confere com a chave pública.
printed-back = Voltar ao paredão

count-not-final = A contagem ainda não é final.
proposal-stands = Já há uma proposta de publicação: ela espera a confirmação de outra pessoa.
no-proposal = Não há proposta de publicação: ela pode ter sido retirada.
second-person-needed = Quem propôs não pode confirmar: peça a outra pessoa da direção.
let-in-lately = { $name } foi criado, reativado, promovido à direção ou recebeu uma senha nas últimas 24 horas, e pode participar de uma publicação a partir de { $from }.
person-needed = Só uma pessoa, com nome e senha, pode propor, confirmar ou retirar uma publicação.
count-changed = Os números mudaram desde a proposta: retire-a, confira e proponha de novo.
already-published = O resultado deste paredão já foi publicado e não muda mais.
no-signing-key = Falta a chave que assina os resultados (RESULT_SIGNING_KEY).
not-published = O resultado deste paredão ainda não foi publicado.
