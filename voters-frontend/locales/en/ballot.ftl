confirm-title = Confirm your vote
chosen = You chose
confirm = Confirm vote
choose-another = Choose someone else
last-moments = Voting is over. This ballot is still good for a moment: confirm now.

# On the way from the choice to the receipt.
preparing-ballot = Preparing your ballot…
retrying-ballot = Not yet. Trying again in { $seconds } s…
waiting-for-captcha = Waiting for the check that you are a person…
captcha-unsolved = The verification didn't finish. Try again, or reload the page.
sending-vote = Sending your vote…
retrying-vote = Your vote isn't confirmed yet. Trying again in { $seconds } s…
vote-failed = Your vote wasn't received. { $why }
vote-unconfirmed = We couldn't confirm your vote. { $why }
server-failed = Something went wrong on our side.
server-unreachable = We can't reach the server. Check your connection.
