# How a paredão stands, and its votes by time.
dashboard-halted = { $count ->
    [1] One partition stands still: there are votes that wait to be counted.
   *[other] { $count } partitions stand still: there are votes that wait to be counted.
}
dashboard-see-pipeline = See the count
dashboard-after-closing = Votes after the closing, not in the total: { $count }.

dashboard-now = Now
dashboard-total = Total votes
dashboard-minute = Votes per minute
dashboard-minute-start = in the minute from
dashboard-leader = In the lead
dashboard-tie = Tie
dashboard-nobody = Nobody yet
dashboard-margin = { $points } points ahead
dashboard-as-of = Updated at
dashboard-age = { $n } s ago
dashboard-lag = Counting lag
dashboard-queue = votes in the queue: { $count }
dashboard-no-register = no register is counting
dashboard-uncounted = partitions not counted: { $count }

dashboard-participants = Total per participant
dashboard-votes = { $count ->
    [1] { $count } vote
   *[other] { $count } votes
}
dashboard-summary = { $votes }; { $leader } in the lead by { $points } points

dashboard-by = Votes per { $grain }
grain-minute = minute
grain-5min = 5 minutes
grain-15min = 15 minutes
grain-hour = hour
grain-day = day
dashboard-granularity = Group by
dashboard-range = Period
range-all = All
range-recent = { $hours ->
    [1] Last hour
   *[other] Last { $hours } hours
}
dashboard-from = From
dashboard-to = To
dashboard-with = Compare with
dashboard-with-none = no paredão
dashboard-show = Show
dashboard-zone = This page uses { $zone }.
zone-brasilia = Brasília time
zone-other = the time of { $zone }
dashboard-not-live = This period doesn't renew itself; the numbers above do.
dashboard-with-coarser = The votes of { $title } are already grouped by { $grain }.
dashboard-with-by = Compare by { $grain }
dashboard-compared = Compared with { $title } by the time since each of them opened.
dashboard-coarser = A part of these votes is already grouped by { $grain } and isn't in the chart.
dashboard-see-by = See by { $grain }
dashboard-cut = The period begins in the middle of a grouped span: the votes of that span aren't in the table.
chart = Chart of the votes; the same numbers are in the table below
chart-switches = Show in the chart

dashboard-start = Start
dashboard-all = Total
dashboard-none = No votes in this period.
row-minute = { $day }, { $hour }:{ $minute }
row-hour = { $day }, { $hour }:00
row-day = { $day }
row-merged-hour = { $day }, { $hour }:00 (hour)
row-merged-day = { $day } (day)
dashboard-newest = The { $count } newest rows; the CSV and the JSON hold all of them.
dashboard-files = CSV, for spreadsheets, and JSON, for programs, hold this table; the columns have the same names in every language.
