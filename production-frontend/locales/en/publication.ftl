# When a count is final, and publishing its result.
final-yes = The count is final
final-not-yet = The count isn't final yet
final-done = ✓ done
final-window = Last votes
final-window-note = Ballots issued before the closing may come until { $until }.
final-counting = Count
final-counting-note = { $partitions ->
    [1] 1 partition is missing
   *[other] { $partitions } partitions are missing
}; records waiting: { $votes }.
final-counting-nobody = No register has counted yet.
final-reconciling = Reconciliation
final-reconciling-note = Waiting for a green reconciliation, made after the last votes.
final-reconciling-red = The reconciliation found a difference.
final-partitions = Partitions that are missing
final-halted = Partition { $partition } stands still until somebody decides.
final-unseen = It isn't known yet where the log of partition { $partition } ends.
final-behind = Partition { $partition } has { $votes ->
    [1] 1 record
   *[other] { $votes } records
} to count.
final-findings = See what differs

publish-propose = Propose to publish
publish-propose-consequence = Propose to publish these numbers? Another director confirms the same numbers; only then is the result published.
publish-propose-yes = Yes, propose
publish-proposed = { $who } proposed to publish, { $at }
publish-parked = { $votes ->
    [1] 1 set-aside vote of this paredão could still be counted.
   *[other] { $votes } set-aside votes of this paredão could still be counted.
} Once published, they can't be.
publish-imports = Imports of this paredão: { $imports }. Not begun: { $waiting }. Lines counted: { $lines }. Make sure that each is complete: once published, none goes on.
publish-own = It waits for another director's confirmation.
publish-confirm-consequence = Publish exactly these numbers? The result is signed and never changes again.
publish-confirm = Confirm and publish
publish-withdraw = Withdraw the proposal
publish-for-directors = Directors publish: one proposes, another confirms.

result-participant = Participant
result-votes = Votes
result-total = Total
result-hash = Fingerprint of what was counted (SHA-256):

published-title = Result published
published-by = Proposed by { $proposer }, confirmed and published by { $confirmer }, { $at }.
published-print = Page to print
published-signature = Signature

printed-title = Result: { $title }
printed-official = Official result
printed-times = Vote from { $opening } until before { $closing } ({ $zone }).
printed-after-closing = Votes whose ballot was issued after the closing, not in the total: { $votes }.
printed-signed = Who answers for this result
printed-proposed = Proposed by
printed-confirmed = Confirmed by
printed-json-hash = SHA-256 of the JSON file
printed-signature = Ed25519 signature of the JSON file
printed-key = Key
printed-cursors = How far each partition was counted
printed-cursors-note = Partition of the log, and the number of its next record.
printed-verify = This page shows the JSON file, which is what is signed: whoever has it checks it with the public key.
printed-back = Back to the paredão

count-not-final = The count isn't final yet.
proposal-stands = A proposal to publish stands already: it waits for somebody else's confirmation.
no-proposal = Nothing is proposed: it may have been withdrawn.
second-person-needed = Who proposed can't confirm: ask another director.
let-in-lately = { $name } was added, activated, made a director or given a password within the last 24 hours, and can take part in a publication from { $from } on.
person-needed = Only a person, with name and password, can propose, confirm or withdraw a publication.
count-changed = The numbers changed since the proposal: withdraw it, look, and propose again.
already-published = The result of this paredão was published and doesn't change any more.
no-signing-key = The key that signs results is missing (RESULT_SIGNING_KEY).
not-published = The result of this paredão hasn't been published yet.
