-- findings: what the last look found, what is wrong first.
SELECT f.kind, f.partition, coalesce(p.slug, f.paredao::text) AS paredao, f.minute, f.to_minute, f.boot, f.expected, f.found
FROM reconciliation_finding AS f
LEFT JOIN paredao AS p ON p.id = f.paredao
ORDER BY f.kind = 'frontend_unknown', f.id
