confirm-title = Confirme o seu voto
chosen = Você escolheu
confirm = Confirmar voto
choose-another = Escolher outra pessoa
last-moments = A votação terminou. Esta cédula ainda vale por alguns instantes: confirme já.

# On the way from the choice to the receipt.
preparing-ballot = Preparando a sua cédula…
retrying-ballot = Ainda não deu. Tentando de novo em { $seconds } s…
waiting-for-captcha = Esperando a verificação de que você é uma pessoa…
captcha-unsolved = A verificação não terminou. Tente de novo ou recarregue a página.
sending-vote = Enviando o seu voto…
retrying-vote = Ainda não temos a confirmação do seu voto. Tentando de novo em { $seconds } s…
vote-failed = Seu voto não foi recebido. { $why }
vote-unconfirmed = Não conseguimos confirmar o seu voto. { $why }
server-failed = Algo deu errado do nosso lado.
server-unreachable = Não conseguimos falar com o servidor. Confira a sua conexão.
