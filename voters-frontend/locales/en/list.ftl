list-empty = No paredão right now. Come back later.
list-open = Voting is open
list-opens = Opens { $at }
list-closed = Closed
