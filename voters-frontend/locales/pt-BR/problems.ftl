# What a voter is told of a problem. Each is named like the problem's type.
paredao-unknown = Este paredão não existe.
paredao-not-open = A votação deste paredão ainda não começou.
paredao-closed = A votação deste paredão já terminou.
participant-foreign = Este participante não está neste paredão.
ballot-forged = Esta cédula não é válida. Escolha de novo em quem votar.
ballot-expired = O tempo desta cédula acabou. Escolha de novo em quem votar.
ballot-from-future = Esta cédula não é válida agora. Escolha de novo em quem votar.
captcha-failed = A verificação de que você é uma pessoa falhou. Tente de novo.
captcha-already-seen = Esta verificação já foi usada. Faça uma nova para enviar o seu voto.
captcha-unavailable = Não foi possível conferir a verificação agora. Tente de novo em instantes.
results-hidden = Os resultados deste paredão ainda não podem ser vistos.
body-malformed = O pedido não pôde ser lido.
body-invalid = O pedido está incompleto ou errado.
body-too-large = O pedido é grande demais.
media-type-unsupported = O formato do pedido não é aceito.
not-found = Esta página não existe.
method-not-allowed = Este endereço não aceita esse tipo de pedido.
too-many-requests = Há muita gente votando agora. Tente de novo em instantes.
streams-full = Há muita gente acompanhando agora. Tente de novo em instantes.
votes-unavailable = Não conseguimos confirmar o seu voto agora. Tente de novo em instantes: ele só conta uma vez.
clock-wrong = Não conseguimos guardar o seu voto agora. Tente de novo em instantes.
starting = Estamos quase prontos. Tente de novo em instantes.
timed-out = A resposta demorou demais. Tente de novo em instantes.

problem-title = Não deu certo
problem-retry = Enviar o mesmo voto de novo
problem-back = Voltar
