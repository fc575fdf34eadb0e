# What a voter is told of a problem. Each is named like the problem's type.
paredao-unknown = This paredão doesn't exist.
paredao-not-open = Voting in this paredão hasn't begun yet.
paredao-closed = Voting in this paredão is over.
participant-foreign = This participant isn't in this paredão.
ballot-forged = This ballot isn't valid. Choose again who to vote for.
ballot-expired = This ballot's time is up. Choose again who to vote for.
ballot-from-future = This ballot isn't valid right now. Choose again who to vote for.
captcha-failed = We couldn't verify that you are a person. Try again.
captcha-already-seen = This verification was used already. Do a new one to send your vote.
captcha-unavailable = We couldn't check the verification right now. Try again in a moment.
results-hidden = The results of this paredão can't be seen yet.
body-malformed = The request couldn't be read.
body-invalid = The request is incomplete or wrong.
body-too-large = The request is too large.
media-type-unsupported = The request's format isn't accepted.
not-found = This page doesn't exist.
method-not-allowed = This address doesn't take this kind of request.
too-many-requests = Many people are voting right now. Try again in a moment.
streams-full = Many people are following right now. Try again in a moment.
votes-unavailable = We couldn't confirm your vote right now. Try again in a moment: it only counts once.
clock-wrong = We couldn't store your vote right now. Try again in a moment.
starting = We're almost ready. Try again in a moment.
timed-out = The answer took too long. Try again in a moment.

problem-title = That didn't work
problem-retry = Send the same vote again
problem-back = Back
