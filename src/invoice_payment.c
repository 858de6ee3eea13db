/*
 * invoice_payment.c
 *	  How an invoice is paid, and until when.
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "pg_compat.h"

#include "core/iban.h"
#include "invoice_draft.h"
#include "value/json.h"

/* Days that a buyer has who has no terms */
#define USUAL_PAYMENT_DAYS 14

/* How money moves: the words of payments.method, and codes of UNCL 4461 */
static const struct
{
	const char *method;
	char	   *means;
}			payment_means[] = {
	{"card", "48"}, {"wallet", "68"}, {"online", "68"}, {"sepa_debit", "59"}, {"cash", "10"},
	{"cash_on_delivery", "10"}, {"gift_card", "97"}, {"other", "1"}
};

/* Write a credit transfer to the seller's account. */
static void
push_transfer(JsonbParseState **state, EcDraft *draft, JsonbContainer *payment)
{
	JsonbContainer *seller = draft->seller;
	text	   *iban = ec_member_text(seller, "iban");
	bool		euro = ec_member_is(draft->order, "currency", "EUR");

	ec_json_push_text(state, "means", euro ? "58" : "30");
	ec_json_push_given(state, "iban", ec_string(iban));
	ec_json_push_given(state, "bic", ec_member_string(seller, "bic"));
	ec_json_push_given(state, "reference", ec_member_string(payment, "reference"));
	draft->payable_here = iban != NULL && ec_iban_valid(VARDATA_ANY(iban), VARSIZE_ANY_EXHDR(iban));
}

/* Write a direct debit. */
static void
push_debit(JsonbParseState **state, const EcDraft *draft, JsonbContainer *payment)
{
	JsonbContainer *mandate = ec_member_part(payment, "mandate");
	JsonbValue *reference = ec_first(ec_member_string(mandate, "reference"),
									 ec_member_string(mandate, "mandate_reference"));

	if (reference == NULL)
		reference = ec_member_string(payment, "mandate_id");
	ec_json_push_given(state, "mandate", reference);
	ec_json_push_given(state, "creditor_id", ec_member_string(draft->seller, "sepa_creditor_id"));
	ec_json_push_given(state, "debtor_iban", ec_member_string(mandate, "iban"));
}

/*
 * Write how the invoice is paid: by bank transfer, if nothing else is known, anything is to
 * be paid yet, and the seller has an account.
 */
void
ec_draft_push_payment(JsonbParseState **state, EcDraft *draft)
{
	JsonbContainer *payment = ec_member_part(draft->order, "payment");
	JsonbValue *method = ec_member_string(payment, "method");
	const char *word;

	if (method == NULL && draft->payable > 0 && ec_member(draft->seller, "iban") != NULL)
		method = ec_string(cstring_to_text("bank_transfer"));
	word = method == NULL ? "" : pnstrdup(method->val.string.val, (Size) method->val.string.len);
	draft->payable_here = true;

	ec_json_push_key(state, "payment");
	(void) pushJsonbValue(state, WJB_BEGIN_OBJECT, NULL);
	ec_json_push_given(state, "method", method);
	for (size_t i = 0; i < lengthof(payment_means); i++)
		if (strcmp(payment_means[i].method, word) == 0)
			ec_json_push_text(state, "means", payment_means[i].means);
	if (draft->payable > 0)
		ec_json_push_given(state, "terms", ec_member_string(draft->seller, "payment_terms"));
	if (strcmp(word, "bank_transfer") == 0 || strcmp(word, "invoice") == 0)
		push_transfer(state, draft, payment);
	else if (strcmp(word, "sepa_debit") == 0)
		push_debit(state, draft, payment);
	(void) pushJsonbValue(state, WJB_END_OBJECT, NULL);
}

/* Write until when it is to be paid, or within how many days from its own. */
void
ec_draft_push_terms(JsonbParseState **state, const EcDraft *draft)
{
	JsonbContainer *payment = ec_member_part(draft->order, "payment");
	bool		by_invoice = ec_member_is(payment, "method", "invoice");
	JsonbValue *due = ec_member_string(draft->options, "due_date");
	JsonbValue *days = ec_member(draft->options, "payment_days");

	if (due == NULL && days == NULL && draft->payable > 0 &&
		(by_invoice || ec_member_is(payment, "method", "sepa_debit")))
		due = ec_member_string(payment, "due_date");
	ec_json_push(state, "due_date", due);

	if (days == NULL && draft->payable > 0 && by_invoice)
		days = ec_member(draft->order, "credit_days");
	if (days == NULL && draft->payable > 0)
		days = ec_member(draft->seller, "payment_days");
	if (days == NULL && draft->payable > 0)
		ec_json_push_int(state, "payment_days", USUAL_PAYMENT_DAYS);
	else
		ec_json_push(state, "payment_days", days);
}
