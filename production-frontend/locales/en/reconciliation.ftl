# Whether the votes that frontends sent, the topic and the tables agree.
reconciliation = Reconciliation
reconciled-green = green
reconciled-catching-up = checking
reconciled-red = red
