# What every page shows.
production = produção
skip = Ir para o conteúdo
nav = Páginas
nav-paredoes = Paredões
nav-pipeline = Contagem
sign-out = Sair
language = Idioma
