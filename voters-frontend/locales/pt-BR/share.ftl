# What the picture of a shared link says, and what is said of it.
picture-scheduled = Abre em { $at }
picture-open = Vote agora
picture-closed = Votação encerrada
picture-alt = { $title } · No paredão: { $names }. { $standing }.

# What a preview of the link says. Without numbers: they would be old when they are read.
preview-scheduled = A votação abre em { $at }. No paredão: { $names }.
preview-open = A votação está aberta: vote quantas vezes quiser. No paredão: { $names }.
preview-closed = A votação terminou. No paredão: { $names }.

# What offers to share, and what goes with the link.
invitation = Vote você também! { $title }
share = Compartilhar
copy-link = Copiar o link
share-on-whatsapp = Compartilhar no WhatsApp
link-copied = Link copiado.
copy-by-hand = Copie este link:
