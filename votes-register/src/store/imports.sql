-- imports: all that are registered, with the first line of each that partition $2 of topic $1 hasn't met.
SELECT i.id, i.paredao, p.next_line
FROM import i
LEFT JOIN import_position p ON p.import = i.id AND p.topic = $1 AND p.partition = $2
