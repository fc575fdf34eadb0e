# What the production team is told when a request isn't answered as asked. Each is named like its problem's type.
form-malformed = O formulário não pôde ser lido.
body-malformed = O corpo não pôde ser lido.
query-malformed = Os parâmetros não puderam ser lidos.
unauthenticated = É preciso entrar, ou enviar um token válido.
wrong-password = Nome ou senha incorretos.
cross-site = O pedido veio de outro site.
not-found = Não há nada neste endereço.
paredao-unknown = Não existe um paredão com este endereço.
dead-letter-unknown = Não existe uma mensagem separada com este número.
replay-unknown = Não existe um reprocessamento com este número.
import-unknown = Não existe uma importação com este número.
partition-unknown = Nenhum registrador contou esta partição.
method-not-allowed = Este endereço não aceita este método.
slug-taken = Já existe um paredão com este endereço.
paredao-closed = A hora do encerramento deste paredão já passou: ele não pode mais ser aberto.
paredao-not-open = O paredão ainda não foi aberto.
all-paused = Todas as partições estão pausadas: retome todas.
body-too-large = O envio é grande demais.
content-type-unsupported = O tipo do conteúdo não é aceito aqui.
paredao-invalid = { $why }
picture-refused = A foto de { $participant } não pode ser usada: { $why }.
replay-invalid = O pedido não diz quais mensagens reprocessar.
import-invalid = A importação precisa de uma descrição de 1 a 200 caracteres.
file-hash-invalid = O arquivo deve ser identificado pelo seu SHA-256, em 64 dígitos hexadecimais minúsculos.
import-of-another-file = Esta importação já foi iniciada com outro arquivo. Registre outra importação para este.
range-backwards = O início do intervalo (from) vem depois do fim (to).
range-too-long = O intervalo pedido tem pontos demais: peça um intervalo menor, ou horas ou dias.
value-refused = Um dos valores enviados não pode ser guardado.
busy = Há pedidos demais agora. Tente de novo em instantes.
database-unavailable = O banco de dados não está respondendo. Tente de novo em instantes.
internal = Houve um erro interno, que foi registrado.
password-expired = Esta senha provisória venceu. Peça outra a um diretor.
role-too-low = Isto é para quem tem o papel de { $needed }. O seu é { $role }.
password-must-change = A sua senha é provisória: antes, escolha a sua em Minha conta.
not-a-user = Isto é para usuários, não para tokens.
user-unknown = Não existe um usuário com este número.
token-unknown = Não existe um token com este número.
name-taken = Este nome já está em uso.
last-director = Este é o último diretor ativo com senha própria. Antes, dê o papel a outra pessoa e espere que ela escolha a senha dela.
name-invalid = O nome deve ter de 1 a 100 letras, em uma só linha.
password-invalid = A senha deve ter pelo menos 8 letras ou algarismos, e não mais de 1.024.
password-unchanged = A senha nova é igual à atual: escolha outra.
passwords-differ = As duas senhas novas não são iguais.
current-password-wrong = A senha atual está incorreta.
too-many-attempts = Tentativas demais. { $seconds ->
    [1] Espere { $seconds } segundo e tente de novo.
   *[other] Espere { $seconds } segundos e tente de novo.
}

error-not-found = Não encontrado
error-internal = Erro interno
error-unavailable = Indisponível agora
error-refused = Pedido recusado
error-back = Voltar aos paredões
