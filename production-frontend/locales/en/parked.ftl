# Messages that couldn't be counted: the list, each of them, and replaying the good votes among them.
parked = Set-aside messages
parked-about = What arrived and couldn't be counted. Nothing is lost: each message stays here, with the reason.
parked-back = All set-aside messages
parked-filter = Filter
parked-all = All reasons
parked-reason = Reason
parked-paredao = Paredão
parked-any = any
parked-from = Arrived from
parked-to = Up to the day
parked-state = State
parked-any-state = all
parked-not-counted = not counted yet
parked-counted = counted since
parked-partition = Partition
parked-show = Show
parked-show-all = Show all
parked-found = { $count ->
    [1] { $count } message
   *[other] { $count } messages
}
parked-none = No message was set aside: everything that arrived was counted.
parked-none-found = No message matches this filter.
parked-number = Number
parked-appended = Arrived
parked-minute = Ballot's minute
parked-place = Where it is
parked-choose = Choose message { $id }
parked-counted-by = counted by { $who }
parked-can-count = can be counted
parked-no-vote = isn't a vote
parked-pages = Pages of the list
parked-first-page = Newest
parked-next-page = Older
parked-replay-about = A dry run counts nothing: it only says what would happen. Counting comes after it, with a confirmation.
parked-try-chosen = Try the chosen ones
parked-try-filter = Try all of this filter
parked-try-reason = Try all of this reason
parked-try-all = Try all set-aside votes

parked-too-late = arrived late
parked-too-late-why = The vote arrived after its ballot's time, when the register no longer kept the list of that minute's ballots. It is a good vote, but only the log can tell whether a copy of it was counted.
parked-too-late-do = Make a dry run. If no copy was counted, it can be counted once, in the minute in which it was cast.
parked-from-future = from the future
parked-from-future-why = The ballot's minute lay ahead of the log's clock: some frontend's clock was wrong. It is a good vote.
parked-from-future-do = Check the frontends' clocks. Once that minute has passed, make a dry run: it can be counted once.
parked-refused = refused by the database
parked-refused-why = The database refused the vote each time it was tried. It is a good vote, but one of its values couldn't be stored.
parked-refused-do = Show what the database said to those who run the system. Once the database is mended, make a dry run: it can be counted once.
parked-import = unknown import
parked-import-why = The line says that it is of an import that wasn't registered for this paredão.
parked-import-do = Register the import and send the file again with it. This line won't be counted.
parked-version = unknown version
parked-version-why = The message was written by a newer version of the system than the register's.
parked-version-do = Tell those who run the system: the register must be updated.
parked-wrong-partition = wrong partition
parked-wrong-partition-why = The ballot was issued for another partition: the message was written where it doesn't belong.
parked-disagrees = key and content disagree
parked-disagrees-why = The message's key says one thing and its content another. No frontend of ours writes like that.
parked-key = not a vote's key
parked-key-why = The message's key is missing, or isn't like a vote's. No frontend of ours writes like that.
parked-value = not a vote's content
parked-value-why = The message's content isn't like a vote's: something is missing, something is too much, or a value is impossible. No frontend of ours writes like that.
parked-not-a-vote-do = There is nothing to count. If many arrive, tell those who run the system: somebody is writing to the votes' topic.

record = Set-aside message { $id }
record-try = Try to count it
record-why = Why it wasn't counted
record-database-said = { $attempts ->
    [1] The database said, in { $attempts } attempt:
   *[other] The database said, in { $attempts } attempts:
}
record-do = What to do
record-replayed = Nothing: this vote was counted by { $who }, on { $at }.
record-where = Where it lay
record-topic = Topic
record-offset = Offset
record-parked = Set aside
record-unknown = not known
record-key = Key
record-value = Content
record-bytes = { $bytes ->
    [1] { $bytes } byte.
   *[other] { $bytes } bytes.
}
record-cut = The first { $shown } of { $bytes } bytes.
record-text = As text
record-no-text = It isn't text.
record-hex = In hexadecimal
record-no-part = The message has none.
record-history = History
record-no-history = Nobody has tried or counted this message.

replay-dry = Dry run { $id }
replay-real = Count of set-aside votes { $id }
replay-asked = Asked for by { $who } on { $at }.
replay-of-ids = { $count ->
    [1] Of { $count } message.
   *[other] Of { $count } messages.
}
replay-of-reason = Of all that were set aside for this reason: { $reason }.
replay-of-all = Of all set-aside votes.
replay-result = Result
replay-waiting = Waiting for a register. It begins within a few seconds.
replay-error = The last attempt failed, and it will be tried again:
replay-running = { $count ->
    [1] Under way: { $count } message looked at so far.
   *[other] Under way: { $count } messages looked at so far.
}
replay-look-again = Look again
replay-would-count = Would be counted
replay-did-count = Counted now
replay-counted-before = Were counted already
replay-cannot = Can't be counted
replay-could-not = Weren't counted
replay-nothing = There was no message to look at.
replay-confirm = { $count ->
    [1] Count { $count } vote now? It goes in just once, in the minute in which it was cast, and its paredão's total rises. This can't be undone.
   *[other] Count { $count } votes now? Each goes in just once, in the minute in which it was cast, and their paredões' totals rise. This can't be undone.
}
replay-confirm-button = { $count ->
    [1] Yes, count { $count } vote
   *[other] Yes, count { $count } votes
}
replay-each = Each message
replay-outcome = Result
replay-detail = What the register said
replay-first = { $count ->
    [1] Only the first.
   *[other] The first { $count }.
}

outcome-replayed = counted now
outcome-would-replay = would be counted
outcome-already-replayed = was counted before
outcome-counted = a copy was counted
outcome-ballot-replayed = another set-aside copy was counted
outcome-window-open = too early: try again in some minutes
outcome-undecodable = isn't a vote
outcome-log-gone = the log no longer holds that minute: a copy may have been counted
outcome-log-changed = the log isn't the same any more
outcome-refused = the database refused it again
outcome-published = its paredão's result was published
outcome-unknown = doesn't exist
