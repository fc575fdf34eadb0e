# Whether the votes that frontends sent, the topic and the tables agree.
reconciliation = Conferência
reconciled-green = verde
reconciled-catching-up = conferindo
reconciled-red = vermelho
