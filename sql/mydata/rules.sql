-- Triggers of its tables; install() makes them.

SELECT * FROM (VALUES
    ('mydata_answers', 'keep_answers', 'BEFORE DELETE',
     'FOR EACH ROW', 'refuse_change(''Its rows are business records.'')'),
    ('mydata_answers', 'keep_document', 'BEFORE UPDATE OF invoice_id',
     'FOR EACH ROW WHEN (NEW.invoice_id <> OLD.invoice_id)',
     'refuse_change(''An answer is for one document.'')'),
    -- A MARK stays, or is kept beside the one that AADE has put in its place.
    ('mydata_answers', 'keep_mark', 'BEFORE UPDATE',
     'FOR EACH ROW WHEN (OLD.mark IS NOT NULL AND NEW.mark IS DISTINCT FROM OLD.mark
      AND (NEW.mark IS NULL OR NOT NEW.replaced_marks @> ARRAY[OLD.mark])
      OR NOT NEW.replaced_marks @> OLD.replaced_marks)',
     'refuse_change(''A MARK that was given does not change.'',
                    ''Call ecommerce.record_mydata_answer().'')'),
    ('mydata_answers', 'no_truncate', 'BEFORE TRUNCATE', 'FOR EACH STATEMENT', 'refuse_change()')
) AS rule (relation, name, event, condition, function)
