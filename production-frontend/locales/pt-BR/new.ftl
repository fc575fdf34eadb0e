# The form that makes a paredão, or changes it.
new = Novo paredão
new-refused = { $count ->
    [1] O paredão não foi criado: há um campo a corrigir.
   *[other] O paredão não foi criado: há { $count } campos a corrigir.
}
new-pictures-again = As fotos precisam ser escolhidas de novo.
new-title = Título
new-title-example = Quem deve sair?
new-slug = Endereço
new-slug-letters = letras minúsculas, algarismos e hífens
new-opens-at = Abre em
new-opens-at-empty = vazio: rascunho
new-closes-at = Encerra em
new-closes-at-empty = vazio: sem hora marcada
new-visibility = O público vê as porcentagens
new-huge = Para votações enormes
new-shards = Divisões
new-shards-about = em quantas partes se gravam os votos de cada participante; vazio: uma
new-participants = Participantes
new-participants-about = De { $min } a { $max }, na ordem em que aparecem. Fotos em JPEG, PNG ou WebP, até 8 MiB; o meio de cada uma é recortado em quadrado e reduzido.
new-name = Nome
new-photo = Foto
new-one-more = Mais um participante
new-create = Criar paredão
new-sending = Enviando…
new-signed-out = Você saiu em outra aba, ou a sessão venceu: nada foi salvo. Entre de novo em outra aba e envie daqui; o que você preencheu continua aqui.
new-no-connection = Sem conexão: nada foi salvo. O que você preencheu continua aqui; tente de novo.

crop-label = Recorte da foto: as setas movem, mais e menos aproximam e afastam
crop-about = Arraste a foto, ou use os controles.
crop-zoom = Aproximação
crop-x = Esquerda e direita
crop-y = Cima e baixo

new-see-always = sempre
new-see-after-voting = depois de votar
new-see-after-closing = depois do encerramento
new-see-production = nunca: só a produção

new-title-invalid = O título deve ter de 1 a { $max } letras, em uma só linha.
new-slug-invalid = O endereço deve ter letras minúsculas sem acento, algarismos e hífens ({ $max } no máximo).
new-time-invalid = A hora deve ser um minuto inteiro, como 2026-11-21T21:00.
new-opening-passed = A abertura já passou: para abrir agora, deixe-a vazia e abra o rascunho.
new-closing-passed = O encerramento já passou.
new-closing-first = O encerramento deve vir depois da abertura.
new-shards-invalid = As divisões devem ser um número de 1 a { $max }.
new-visibility-invalid = Quem vê os resultados deve ser um destes: { $names }.
new-participants-invalid = Um paredão tem de { $min } a { $max } participantes.
new-name-missing = Há uma foto sem o nome do participante.
new-name-invalid = O nome deve ter de 1 a { $max } letras, em uma só linha.
new-name-twice = O nome { $name } aparece duas vezes.

picture-too-many-bytes = A foto tem mais de 8 MiB.
picture-too-many-pixels = A foto tem mais de 24 megapixels.
picture-unreadable = A foto não é um JPEG, PNG ou WebP inteiro.
picture-too-complex = A foto não pôde ser reduzida.
