# What every page shows.
production = production
skip = Skip to the content
nav = Pages
nav-paredoes = Paredões
nav-pipeline = Counting
nav-parked = Set aside
nav-reconciliation = Reconciliation
nav-audit = Log
nav-users = Users
sign-out = Sign out
language = Language
