# What every page shows.
production = produção
skip = Ir para o conteúdo
nav = Páginas
nav-paredoes = Paredões
nav-pipeline = Contagem
nav-parked = Separados
nav-reconciliation = Conferência
nav-audit = Registro
nav-users = Usuários
sign-out = Sair
language = Idioma
