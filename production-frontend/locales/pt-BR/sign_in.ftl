sign-in = Entrar
sign-in-name = Nome
sign-in-password = Senha
