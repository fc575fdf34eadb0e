telao = big screen
standing-scheduled = Voting hasn't opened yet
standing-open = Voting is open
standing-closed = Voting is over
results-soon = Results soon
connection-lost-brief = No connection. Trying again…
