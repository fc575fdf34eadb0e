# What the picture of a shared link says, and what is said of it.
picture-scheduled = Opens { $at }
picture-open = Vote now
picture-closed = Voting is over
picture-alt = { $title } · In the paredão: { $names }. { $standing }.

# What a preview of the link says. Without numbers: they would be old when they are read.
preview-scheduled = Voting opens { $at }. In the paredão: { $names }.
preview-open = Voting is open: vote as often as you like. In the paredão: { $names }.
preview-closed = Voting is over. In the paredão: { $names }.

# What offers to share, and what goes with the link.
invitation = Vote too! { $title }
share = Share
copy-link = Copy the link
share-on-whatsapp = Share on WhatsApp
link-copied = Link copied.
copy-by-hand = Copy this link:
