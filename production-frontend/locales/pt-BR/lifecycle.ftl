# The list of paredões, how far each is in its life, and the form that changes one.
list-title = Paredões
list-new = Novo paredão
list-empty = Ainda não há paredões. Crie o primeiro.

status-draft = rascunho
status-scheduled = agendado
status-open = aberto
status-closed = encerrado
status-published = publicado

times-no-opening = sem abertura marcada
times-opens = abre em { $at }
times-opened = aberto em { $at }
times-closes = encerra em { $at }
times-closed = encerrado em { $at }

state-visibility = O público vê as porcentagens: { $when }.
state-cut = Contam os votos com cédula emitida até { $last }.
state-cut-to-come = Encerra em { $closing }: contam os votos com cédula emitida até { $last }.
state-edit = Editar
state-delete = Apagar
state-delete-consequence = Apagar este rascunho? Ele some com participantes e fotos. Não dá para desfazer.
state-delete-yes = Sim, apagar
state-unschedule = Cancelar a abertura
state-unschedule-consequence = Cancelar a abertura marcada? O paredão volta a ser rascunho e não abre sozinho.
state-unschedule-yes = Sim, cancelar
state-open = Abrir agora
state-open-consequence = Abrir a votação já? O público vota no mesmo instante, e participantes e título não mudam mais.
state-open-yes = Sim, abrir
state-reschedule = Mudar o encerramento
state-reschedule-consequence = O novo encerramento vale na hora para todos que votam.
state-reschedule-at = Encerra em ({ $zone })
state-reschedule-yes = Mudar
state-close = Encerrar agora
state-close-consequence = Encerrar a votação? Votos com cédula emitida até { $last } ainda contam; a partir das { $closing } ninguém recebe cédula. Depois das { $minute }, vale o minuto seguinte ao clique. Não dá para reabrir.
state-close-yes = Sim, encerrar

edit-title = Editar paredão
edit-refused = { $count ->
    [1] Nada foi salvo: há um campo a corrigir.
   *[other] Nada foi salvo: há { $count } campos a corrigir.
}
edit-slug = O endereço não muda:
edit-participants-about = Para tirar alguém, apague o nome.
edit-photo-new = Trocar a foto
edit-save = Salvar

paredao-not-editable = Este paredão já abriu ou abre em instantes: ele não pode mais ser alterado.
paredao-changed = Este paredão foi alterado em outra aba ou por outra pessoa depois que você abriu o formulário: nada foi salvo. Abra-o de novo para ver como está agora.
participants-stay = Há votos importados para este paredão: nenhum participante pode mais sair ou mudar de nome.
paredao-not-deletable = Só um rascunho sem votos importados pode ser apagado.
closing-passed = O paredão já encerrou ou encerra em instantes: o encerramento não muda mais.
