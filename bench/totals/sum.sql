-- The least that reads a column of the table
SELECT sum(unit_price) FROM public.lines;
