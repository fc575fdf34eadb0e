# The count: registers, partitions, and having them stand still or go on.
pipeline = Counting
pipeline-more = More about counting
pipeline-now = Now
pipeline-no-nodes = No register has been heard of for 30 seconds: the votes wait in the log, and none is lost.
pipeline-no-node = None.
pipeline-aggregator-silent = The aggregator hasn't been heard of since { $at }: the percentages that the public sees stand still. Production's numbers don't depend on it.
pipeline-aggregator-never = The aggregator hasn't run yet: the public sees no percentages. Production's numbers don't depend on it.
pipeline-all-paused = Counting of { $topic } is paused: the totals stand still, and the votes wait in the log.
pipeline-paused-by = Paused by { $who } on { $at }.
pipeline-waiting = Votes to count
pipeline-lag = Lag
pipeline-minute = Votes of the last minute
pipeline-uncounted = Partitions not counted
pipeline-aggregated = Percentages renewed
pipeline-nodes = Registers
pipeline-partitions = Partitions of { $topic }
pipeline-pause-all = Pause all…
pipeline-resume-all = Resume all…

node-name = Register
node-partitions = Partitions
node-minute = Votes of the last minute
node-since = Counting since
node-seen = Last heard of

partition = Partition
partition-state = State
partition-waiting = To count
partition-lag = Lag
partition-minute = Votes of the last minute
partition-cursor = Next offset
partition-end = Log's end
partition-owner = Register
partition-steer = Action
partition-pause = Pause…
partition-resume = Resume…
partition-paused-by = Partition { $partition } was paused by { $who } on { $at }.
partition-error = Last error of partition { $partition },
partition-halted = halted
partition-paused = paused
partition-pausing = pausing
partition-unowned = no register
partition-claiming = claiming
partition-rebuilding = reading again
partition-counting = counting

halt = Partition { $partition } has halted
halt-waits = Its votes wait until somebody decides; the others count on.
halt-do = What to do:
halt-said = The register said:
halt-log-trimmed = The log no longer holds votes that hadn't been counted yet.
halt-gap = Messages are missing in the middle of the log.
halt-skip-do = If they can't be brought back, go on without them. The command says where to go on, and notes what is left behind:
halt-window-trimmed = The log lost votes that were counted, and the next one may repeat one of them.
halt-window-trimmed-do = Go on past this vote. Those that may be repeats are set aside:
halt-other-log = The log isn't the one that was counted: the topic was made anew or lost messages.
halt-other-log-do = Find out what happened to Kafka. If this log is the right one, count it from its beginning:
halt-clock = The clock of one of Kafka's servers is ahead.
halt-clock-do = Set Kafka's clock or this machine's right, and restart the register.
halt-not-append-time = The topic doesn't stamp when messages arrive, and without that nobody can tell which ballots have expired.
halt-not-append-time-do = Configure the topic with LogAppendTime, and restart the register.
halt-ballots = The register has reached the limit of ballots that it can remember.
halt-ballots-do = Tell those who run the system: there are too many ballots for one partition.
halt-store = The database refuses even to keep the message as set aside.
halt-store-do = Tell those who run the system: the database must be mended. Then restart the register.

steer-pause-all = Pause all partitions?
steer-pause-one = Pause partition { $partition }?
steer-resume-all = Resume all partitions?
steer-resume-one = Resume partition { $partition }?
steer-pause-all-means = Voting stays open and no vote is lost, but none is counted: totals and percentages stand still, for the public too, until somebody resumes.
steer-pause-one-means = Voting stays open and no vote is lost, but this partition's aren't counted until somebody resumes: until then they are missing from totals and percentages.
steer-resume-means = The votes that wait are counted right away, and the totals rise all at once.
steer-waiting = { $count ->
    [0] No vote is waiting now.
    [1] { $count } vote is waiting now.
   *[other] { $count } votes are waiting now.
}
steer-open = Open for votes now:
steer-none-open = Nothing is open for votes now.
steer-yes-pause = Yes, pause
steer-yes-resume = Yes, resume
cancel = Cancel

ago-seconds = { $n } s ago
ago-minutes = { $n } min ago
ago-hours = { $n } h ago
ago-days = { $n } d ago
