UPDATE public.one_row SET stock = stock - 1 WHERE id = 1;
