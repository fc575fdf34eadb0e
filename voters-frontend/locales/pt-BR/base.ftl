# What every page shows.
skip = Ir para o conteúdo
captcha-off = Verificação desligada: este ambiente é só para testes.
noscript = A verificação de que você é uma pessoa precisa de JavaScript. Todo o resto funciona sem ele.
languages = Idioma
moment = { $day } às { $time } (Brasília)
moment-utc = { $day } às { $time } (UTC)
