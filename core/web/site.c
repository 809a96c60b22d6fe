/* SPDX-License-Identifier: Apache-2.0 */
#include "web/site.h"

#include <string.h>

#include "web/policy.h"

struct page {
	aula_web_page answer;
	void *data;
};

struct aula_web_site {
	aula_web_files *files;
	GHashTable *pages; /* path -> struct page; read only once requests come */
};

aula_web_site *
aula_web_site_new(aula_web_files *files)
{
	aula_web_site *site = g_new0(aula_web_site, 1);

	site->files = files;
	site->pages = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	return site;
}

void
aula_web_site_free(aula_web_site *site)
{
	if (site == NULL)
		return;
	aula_web_files_free(site->files);
	g_hash_table_unref(site->pages);
	g_free(site);
}

void
aula_web_site_page_add(aula_web_site *site, const char *path, aula_web_page page, void *data)
{
	struct page *entry = g_new(struct page, 1);

	*entry = (struct page){ .answer = page, .data = data };
	g_hash_table_insert(site->pages, g_strdup(path), entry);
}

static const char *
status_phrase(int status)
{
	switch (status) {
	case 200:
		return "OK";
	case 201:
		return "Created";
	case 204:
		return "No Content";
	case 206:
		return "Partial Content";
	case 301:
		return "Moved Permanently";
	case 302:
		return "Found";
	case 303:
		return "See Other";
	case 304:
		return "Not Modified";
	case 307:
		return "Temporary Redirect";
	case 308:
		return "Permanent Redirect";
	case 400:
		return "Bad Request";
	case 401:
		return "Unauthorized";
	case 403:
		return "Forbidden";
	case 404:
		return "Not Found";
	case 405:
		return "Method Not Allowed";
	case 406:
		return "Not Acceptable";
	case 409:
		return "Conflict";
	case 411:
		return "Length Required";
	case 412:
		return "Precondition Failed";
	case 413:
		return "Content Too Large";
	case 415:
		return "Unsupported Media Type";
	case 416:
		return "Range Not Satisfiable";
	case 422:
		return "Unprocessable Content";
	case 426:
		return "Upgrade Required";
	case 428:
		return "Precondition Required";
	case 429:
		return "Too Many Requests";
	case 500:
		return "Internal Server Error";
	case 503:
		return "Service Unavailable";
	default:
		return "Status";
	}
}

static GString *
head_begin(int status, const char *policy)
{
	GString *head = g_string_sized_new(1024);

	g_string_printf(head, "HTTP/1.1 %d %s\r\n%sContent-Security-Policy: %s\r\n", status,
		status_phrase(status), aula_web_policy_lines(), policy);
	return head;
}

static void
head_end(aula_web_reply *reply, GString *head)
{
	if (reply->close)
		g_string_append(head, "Connection: close\r\n");
	g_string_append(head, "\r\n");
	reply->head_length = head->len;
	reply->head = g_string_free(head, FALSE);
}

void
aula_web_reply_finish(aula_web_reply *reply)
{
	aula_web_file_unref(reply->file);
	g_free(reply->copy);
	g_free(reply->head);
	*reply = (aula_web_reply){ 0 };
}

/* What is no page needs nothing. */
static const char bare_policy[] = "default-src 'none'; frame-ancestors 'none'";

void
aula_web_reply_error(aula_web_reply *ret_reply, int status, const char *sentence, const char *extra)
{
	GString *head = head_begin(status, bare_policy);

	*ret_reply = (aula_web_reply){ .copy = g_strdup_printf("%s\n", sentence),
		.close = status >= 400 && status != 404 && status != 416 };
	ret_reply->bytes = ret_reply->copy;
	ret_reply->end = (int64_t)strlen(ret_reply->copy);
	g_string_append_printf(head,
		"Content-Type: text/plain; charset=utf-8\r\nContent-Length: %" G_GINT64_FORMAT
		"\r\nCache-Control: no-store\r\n%s",
		ret_reply->end, extra != NULL ? extra : "");
	head_end(ret_reply, head);
}

static bool
is_clean(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return false;
	return true;
}

void
aula_web_reply_answer(aula_web_reply *ret_reply, const aula_http_answer *answer, const char *extra)
{
	GString *head = head_begin(answer->status, bare_policy);

	*ret_reply = (aula_web_reply){ .copy = g_memdup2(answer->body, answer->length),
		.end = (int64_t)answer->length,
		.close = answer->status >= 500 };
	ret_reply->bytes = ret_reply->copy;
	if (answer->type != NULL)
		g_string_append_printf(head, "Content-Type: %s\r\n", answer->type);
	if (answer->location != NULL)
		g_string_append_printf(head, "Location: %s\r\n", answer->location);
	for (size_t i = 0; i < answer->header_count; i++)
		if (is_clean(answer->headers[i].name) && is_clean(answer->headers[i].value))
			g_string_append_printf(head, "%s: %s\r\n", answer->headers[i].name,
				answer->headers[i].value);
	if (answer->status != 204) /* RFC 9110 section 8.6 */
		g_string_append_printf(
			head, "Content-Length: %" G_GSIZE_FORMAT "\r\n", answer->length);
	g_string_append_printf(head, "Cache-Control: no-store\r\n%s", extra != NULL ? extra : "");
	head_end(ret_reply, head);
}

static void
answer_page(const struct page *page, const aula_web_request *request, aula_web_reply *reply)
{
	aula_web_answer answer = { .status = 500, .type = "text/plain" };

	page->answer(page->data,
		&(aula_web_ask){ .query = request->query,
			.accept = request->accept != NULL ? request->accept : "",
			.address = request->address,
			.local = request->local },
		&answer);
	g_autofree char *hashes =
		g_str_has_prefix(answer.type != NULL ? answer.type : "", "text/html")
			? aula_web_policy_hashes(answer.body, answer.length)
			: NULL;
	g_autofree char *policy =
		aula_web_policy_content(request->host, hashes, request->csp_connect);
	GString *head = head_begin(answer.status, policy);
	if (answer.type != NULL)
		g_string_append_printf(head, "Content-Type: %s\r\n", answer.type);
	if (answer.location != NULL)
		g_string_append_printf(head, "Location: %s\r\n", answer.location);
	g_string_append_printf(head, "Content-Length: %" G_GSIZE_FORMAT "\r\nCache-Control: %s\r\n",
		answer.length, answer.cacheable ? "no-cache" : "no-store");
	reply->copy = g_memdup2(answer.body, answer.length);
	reply->bytes = reply->copy;
	reply->end = (int64_t)answer.length;
	head_end(reply, head);
}

static void
answer_moved(const char *path, const char *query, aula_web_reply *reply)
{
	g_autofree char *escaped = g_uri_escape_string(path, "/", FALSE);
	g_autofree char *safe_query = g_uri_escape_string(query, "=&%+-._~", FALSE);
	g_autofree char *location = g_strdup_printf(
		"Location: %s/%s%s\r\n", escaped, *safe_query != '\0' ? "?" : "", safe_query);

	aula_web_reply_error(reply, 301, "This is a folder.", location);
}

/* Files change under their names, so a browser asks each time, and 304 is the usual answer; only
 * packages from the registry, fixed by a lock file, are trusted for an hour. */
static const char *
cache_control(const char *path)
{
	return strstr(path, "/node_modules/") != NULL ? "public, max-age=3600" : "no-cache";
}

/* True when the client holds this representation already. */
static bool
known(const aula_web_request *request, const aula_web_file *file, const aula_web_variant *variant)
{
	if (request->if_none_match != NULL)
		return aula_web_etag_listed(request->if_none_match, variant->etag);
	return request->if_modified_since != NULL &&
	       strcmp(request->if_modified_since, aula_web_file_modified(file)) == 0;
}

static aula_web_range
choose_range(const aula_web_request *request, const aula_web_file *file,
	const aula_web_variant *variant, int64_t *ret_first, int64_t *ret_last)
{
	if (request->if_range != NULL && strcmp(request->if_range, variant->etag) != 0 &&
		strcmp(request->if_range, aula_web_file_modified(file)) != 0)
		return AULA_WEB_RANGE_NONE;
	return aula_web_range_parse(request->range, variant->size, ret_first, ret_last);
}

static void
head_describe(GString *head, const aula_web_request *request, const aula_web_file *file,
	const aula_web_variant *variant)
{
	g_string_append_printf(head,
		"ETag: %s\r\nLast-Modified: %s\r\nCache-Control: %s\r\nAccept-Ranges: bytes\r\n",
		variant->etag, aula_web_file_modified(file), cache_control(request->path));
	if (aula_web_file_compressible(file))
		g_string_append(head, "Vary: Accept-Encoding\r\n");
	if (variant->encoding != AULA_WEB_IDENTITY)
		g_string_append_printf(head, "Content-Encoding: %s\r\n",
			aula_web_encoding_word(variant->encoding));
}

static void
answer_file(const aula_web_request *request, aula_web_reply *reply)
{
	aula_web_variant variant;
	int64_t first = 0, last = -1;
	char extra[64];

	/* A part is of the plain form, which alone has the same bytes for everybody. */
	aula_web_file_variant(reply->file,
		request->range != NULL ? AULA_WEB_IDENTITY
				       : aula_web_encoding_choose(request->accept_encoding),
		&variant);
	aula_web_range range = AULA_WEB_RANGE_NONE;
	int status = 304;
	if (!known(request, reply->file, &variant)) {
		range = choose_range(request, reply->file, &variant, &first, &last);
		status = range == AULA_WEB_RANGE_ONE ? 206 : 200;
	}
	if (range == AULA_WEB_RANGE_UNSATISFIABLE) {
		g_snprintf(extra, sizeof extra, "Content-Range: bytes */%" G_GINT64_FORMAT "\r\n",
			variant.size);
		aula_web_file_unref(reply->file);
		aula_web_reply_error(reply, 416, "There are no such bytes.", extra);
		return;
	}
	g_autofree char *policy = aula_web_policy_content(
		request->host, aula_web_file_hashes(reply->file), request->csp_connect);
	GString *head = head_begin(status, policy);
	head_describe(head, request, reply->file, &variant);
	if (status != 304) {
		reply->bytes = variant.bytes;
		reply->at = first;
		reply->end = range == AULA_WEB_RANGE_ONE ? last + 1 : variant.size;
		g_string_append_printf(head,
			"Content-Type: %s\r\nContent-Length: %" G_GINT64_FORMAT "\r\n",
			aula_web_file_type(reply->file), reply->end - reply->at);
	}
	if (status == 206)
		g_string_append_printf(head,
			"Content-Range: bytes %" G_GINT64_FORMAT "-%" G_GINT64_FORMAT
			"/%" G_GINT64_FORMAT "\r\n",
			first, last, variant.size);
	head_end(reply, head);
}

void
aula_web_site_answer(
	aula_web_site *site, const aula_web_request *request, aula_web_reply *ret_reply)
{
	bool is_head = g_strcmp0(request->method, "HEAD") == 0;
	int status = 404;

	*ret_reply = (aula_web_reply){ 0 };
	if (!is_head && g_strcmp0(request->method, "GET") != 0) {
		aula_web_reply_error(ret_reply, 405, "Only GET and HEAD are possible here.",
			"Allow: GET, HEAD\r\n");
		return;
	}
	if (request->body) {
		aula_web_reply_error(ret_reply, 400, "This request has no use for a body.", NULL);
		return;
	}
	const struct page *page = g_hash_table_lookup(site->pages, request->path);
	if (page != NULL) {
		answer_page(page, request, ret_reply);
	} else {
		if (site->files != NULL)
			ret_reply->file = aula_web_files_find(site->files, request->path, &status);
		if (ret_reply->file != NULL)
			answer_file(request, ret_reply);
		else if (status == 301)
			answer_moved(request->path, request->query, ret_reply);
		else
			aula_web_reply_error(ret_reply, 404, "There is no such page.", NULL);
	}
	if (is_head)
		ret_reply->end = ret_reply->at;
}
