received-title = Voto recebido!
voted = Você votou em
stored = Seu voto está guardado e vai ser contado.
receipt = Comprovante:
vote-again = Votar de novo
