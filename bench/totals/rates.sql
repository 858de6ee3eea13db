-- Net and VAT for each rate of all lines
SELECT ecommerce.order_totals(quantity, unit_price, vat_rate) FROM public.lines;
