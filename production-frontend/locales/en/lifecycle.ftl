# The list of paredões, how far each is in its life, and the form that changes one.
list-title = Paredões
list-new = New paredão
list-empty = There are no paredões yet. Create the first one.

status-draft = draft
status-scheduled = scheduled
status-open = open
status-closed = closed
status-published = published

times-no-opening = no opening set
times-opens = opens { $at }
times-opened = opened { $at }
times-closes = closes { $at }
times-closed = closed { $at }

state-visibility = The public sees percentages: { $when }.
state-cut = Votes count whose ballot was issued up to { $last }.
state-cut-to-come = Closes { $closing }: votes count whose ballot was issued up to { $last }.
state-edit = Edit
state-delete = Delete
state-delete-consequence = Delete this draft? It goes with its participants and pictures. This can't be undone.
state-delete-yes = Yes, delete
state-unschedule = Cancel the opening
state-unschedule-consequence = Cancel the opening that is set? The paredão becomes a draft again and won't open by itself.
state-unschedule-yes = Yes, cancel it
state-open = Open now
state-open-consequence = Open the vote now? The public can vote at once, and participants and title won't change any more.
state-open-yes = Yes, open
state-reschedule = Move the closing
state-reschedule-consequence = The new closing holds at once for everybody who votes.
state-reschedule-at = Closes at ({ $zone })
state-reschedule-yes = Move
state-close = Close now
state-close-consequence = Close the vote? Votes whose ballot was issued up to { $last } still count; from { $closing } on nobody gets a ballot. After { $minute }, it is the minute after the click. It can't be opened again.
state-close-yes = Yes, close

edit-title = Edit paredão
edit-refused = { $count ->
    [1] Nothing was saved: there is a field to put right.
   *[other] Nothing was saved: there are { $count } fields to put right.
}
edit-slug = The address stays:
edit-participants-about = To take somebody out, clear the name.
edit-photo-new = Another picture
edit-save = Save

paredao-not-editable = This paredão has opened, or opens in a moment: it can't be changed any more.
paredao-changed = This paredão was changed in another tab or by somebody else after you opened the form: nothing was saved. Open it again to see how it is now.
participants-stay = Votes were imported for this paredão: no participant can be removed or renamed any more.
paredao-not-deletable = Only a draft without imported votes can be deleted.
closing-passed = The paredão has closed, or closes in a moment: its closing doesn't move any more.
