opens-at = Voting opens
closes-at = Voting closes
choose = Choose, and vote as often as you like.
voting-over = Voting is over.
vote-for = Vote for { $name }

# What the page says as it changes.
voting-opened = Voting is open.
closes-within-1-minute = Voting closes in less than 1 minute.
closes-within-10-minutes = Voting closes in less than 10 minutes.
opens-in = Opens in { $left }
opening = Opening…
closes-in = Closes in { $left }
closing = Closing…
connection-lost = No connection to the server. Trying again…
