received-title = Vote received!
voted = You voted for
stored = Your vote is stored and will be counted.
receipt = Receipt:
vote-again = Vote again
