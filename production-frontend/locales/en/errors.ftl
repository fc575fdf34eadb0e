# What the production team is told when a request isn't answered as asked. Each is named like its problem's type.
form-malformed = The form couldn't be read.
body-malformed = The body couldn't be read.
query-malformed = The parameters couldn't be read.
unauthenticated = Sign in first, or send a valid token.
wrong-password = Wrong name or password.
cross-site = The request came from another site.
not-found = There is nothing at this address.
paredao-unknown = There is no paredão with this address.
dead-letter-unknown = There is no set-aside message with this number.
replay-unknown = There is no replay with this number.
import-unknown = There is no import with this number.
partition-unknown = No register has counted this partition.
method-not-allowed = This address doesn't take this method.
slug-taken = There is already a paredão with this address.
paredao-closed = This paredão's closing time has passed: it can't be opened any more.
paredao-not-open = The paredão hasn't been opened yet.
all-paused = All partitions are paused: resume them all.
body-too-large = What was sent is too large.
content-type-unsupported = This type of content isn't accepted here.
paredao-invalid = { $why }
picture-refused = The picture of { $participant } can't be used: { $why }.
replay-invalid = The request doesn't say which messages to replay.
import-invalid = The import needs a description of 1 to 200 characters.
file-hash-invalid = The file must be named by its SHA-256, in 64 lower-case hexadecimal digits.
import-of-another-file = This import was begun with another file. Register another import for this one.
range-backwards = The range ends (to) before it begins (from).
range-too-long = The range has too many points: ask for a shorter one, or for hours or days.
value-refused = One of the values sent can't be stored.
busy = There are too many requests right now. Try again in a moment.
database-unavailable = The database isn't answering. Try again in a moment.
internal = There was an internal error, which has been logged.
password-expired = This one-time password's time is over. Ask a director for another.
role-too-low = This takes the role of { $needed }. Yours is { $role }.
password-must-change = Your password is a one-time password: choose your own first, under My account.
not-a-user = This is for users, not for tokens.
user-unknown = There is no user with this number.
token-unknown = There is no token with this number.
name-taken = This name is already in use.
last-director = This is the last active director with a password of their own. First give the role to somebody else, and wait until they have chosen their password.
name-invalid = A name has 1 to 100 characters on one line.
password-invalid = A password has at least 8 letters or digits, and at most 1,024.
password-unchanged = The new password is the current one: choose another.
passwords-differ = The two new passwords aren't the same.
current-password-wrong = The current password is wrong.
too-many-attempts = Too many attempts. { $seconds ->
    [1] Wait { $seconds } second and try again.
   *[other] Wait { $seconds } seconds and try again.
}

error-not-found = Not found
error-internal = Internal error
error-unavailable = Unavailable right now
error-refused = Request refused
error-back = Back to the paredões
