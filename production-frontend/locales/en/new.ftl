# The form that makes a paredão, or changes it.
new = New paredão
new-refused = { $count ->
    [1] The paredão wasn't created: one field must be corrected.
   *[other] The paredão wasn't created: { $count } fields must be corrected.
}
new-pictures-again = The pictures must be chosen again.
new-title = Title
new-title-example = Who should leave?
new-slug = Address
new-slug-letters = lower-case letters, digits and hyphens
new-opens-at = Opens at
new-opens-at-empty = empty: a draft
new-closes-at = Closes at
new-closes-at-empty = empty: no time set
new-visibility = The public sees percentages
new-huge = For enormous votes
new-shards = Shards
new-shards-about = into how many parts each participant's votes are written; empty: one
new-participants = Participants
new-participants-about = { $min } to { $max }, in the order in which they appear. Pictures in JPEG, PNG or WebP, up to 8 MiB; the middle of each is cut out as a square and made smaller.
new-name = Name
new-photo = Picture
new-one-more = One more participant
new-create = Create paredão
new-sending = Sending…
new-signed-out = You signed out in another tab, or the session has expired: nothing was saved. Sign in again in another tab and send it from here; what you filled in is still here.
new-no-connection = No connection: nothing was saved. What you filled in is still here; try again.

crop-label = Picture to cut: arrows move it, plus and minus zoom
crop-about = Drag the picture, or use the sliders.
crop-zoom = Zoom
crop-x = Left and right
crop-y = Up and down

new-see-always = always
new-see-after-voting = after voting
new-see-after-closing = after the closing
new-see-production = never: production only

new-title-invalid = The title must have 1 to { $max } letters, on one line.
new-slug-invalid = The address must have lower-case letters without accents, digits and hyphens (at most { $max }).
new-time-invalid = The time must be a whole minute, as 2026-11-21T21:00.
new-opening-passed = The opening has passed: to open now, leave it empty and open the draft.
new-closing-passed = The closing has passed.
new-closing-first = The closing must come after the opening.
new-shards-invalid = Shards must be a number from 1 to { $max }.
new-visibility-invalid = Who sees the results must be one of these: { $names }.
new-participants-invalid = A paredão has { $min } to { $max } participants.
new-name-missing = There is a picture without its participant's name.
new-name-invalid = The name must have 1 to { $max } letters, on one line.
new-name-twice = The name { $name } stands twice.

picture-too-many-bytes = The picture has more than 8 MiB.
picture-too-many-pixels = The picture has more than 24 megapixels.
picture-unreadable = The picture isn't a whole JPEG, PNG or WebP.
picture-too-complex = The picture couldn't be made smaller.
