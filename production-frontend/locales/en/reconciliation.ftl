# Whether the votes that frontends sent, the topic and the tables agree.
reconciliation = Reconciliation
reconciliation-heading = Reconciliation of votes
reconciled-green = green
reconciled-catching-up = checking
reconciled-red = red
reconciliation-green = Everything agrees: what the frontends sent, the log and the tables.
reconciliation-catching-up = { $seconds ->
    [1] Checking for { $seconds } second. Until it is done nobody knows whether everything agrees.
   *[other] Checking for { $seconds } seconds. Until it is done nobody knows whether everything agrees.
}
reconciliation-never = Nobody has checked yet: the aggregator isn't running with reconciliation.
reconciliation-red = It doesn't agree. Don't publish results before you know why: show this page to those who run the system.
reconciliation-checked = Last checked on { $at }.
reconciliation-findings = What was found
reconciliation-what = What
reconciliation-where = Where
reconciliation-expected = Should be
reconciliation-found = Is
reconciliation-unknown = not known
reconciliation-wrong = doesn't agree
reconciliation-partition = partition { $partition }
reconciliation-paredao = paredão { $slug }
reconciliation-since = since { $at }
reconciliation-boot = frontend { $boot }
reconciliation-how = What is checked
reconciliation-how-about = An independent reader counts the log again, all the time, and compares three things.
reconciliation-how-tables = The log and the tables say the same, partition by partition and minute by minute.
reconciliation-how-lost = Every vote that was confirmed to a voter is in the log.
reconciliation-how-unaccounted = Every vote in the log was sent by a frontend of ours.

finding-lost = confirmed votes that aren't in the log
finding-unaccounted = votes in the log that no frontend sent
finding-counted = ballots in the log and votes counted
finding-duplicate = copies in the log and the register's repeats
finding-untimely = untimely votes in the log and set aside
finding-undecodable = unreadable messages in the log and set aside
finding-dead-letters = set aside by the cursor and in the table
finding-buckets = votes counted by the cursor and summed in the table
finding-minute = ballots in the log and votes of the table in the minute
finding-log-shorter = the log ends before what was already read
finding-frontend-unknown = a frontend died: what it sent last isn't known
finding-other = another difference
