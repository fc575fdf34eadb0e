account = Minha conta
account-must-change = A sua senha é provisória. Escolha a sua para continuar.
account-password = Senha
account-current = Senha atual
account-new = Senha nova
account-again = Senha nova, outra vez
account-set-password = Trocar a senha
account-password-note = A senha tem pelo menos 8 letras ou algarismos. Ao trocá-la, você sai dos outros navegadores.
account-sessions = Onde você entrou
account-session-count = { $count ->
    [1] Você entrou em { $count } navegador.
   *[other] Você entrou em { $count } navegadores.
}
account-sign-out-everywhere = Sair de todos
