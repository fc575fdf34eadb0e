# What every page shows.
production = production
skip = Skip to the content
nav = Pages
nav-paredoes = Paredões
nav-pipeline = Counting
sign-out = Sign out
language = Language
