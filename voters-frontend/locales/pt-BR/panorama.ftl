panorama-title = Como está a votação
hidden-after_voting = Os resultados aparecem aqui depois que você votar.
hidden-after_closing = Os resultados aparecem aqui quando a votação terminar.
hidden-production = Os resultados serão mostrados no programa.
