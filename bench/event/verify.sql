-- What is wrong: events that were fetched more than once or not at all, and the books.
SELECT format('%s events were fetched, and there are %s', :fetched, n.count)
FROM (SELECT count(*) FROM ecommerce.events e, ecommerce.event_lag l
      WHERE (e.xact, e.id) <= (l.xact, l.event_id)) n
WHERE n.count <> :fetched + :past;
SELECT problem, detail FROM ecommerce.verify_integrity();
