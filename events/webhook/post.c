/* SPDX-License-Identifier: Apache-2.0 */
#include "post.h"

#include <curl/curl.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SECRET_MARK "whsec_"

enum { KEY_LEAST = 24, KEY_MOST = 64, LINE_BYTES = 200, MAC_BYTES = 32, HEADER_BYTES = 200 };

struct post {
	CURL *curl;
	unsigned char key[KEY_MOST + 2]; /* base64 may be decoded to padding */
	size_t key_bytes;
};

/* "whsec_BASE64", as openssl decodes it: with its padding. */
static int
take_key(struct post *post, const char *line)
{
	const char *text = line + strlen(SECRET_MARK);
	size_t length = strlen(line);

	if (strncmp(line, SECRET_MARK, strlen(SECRET_MARK)) != 0)
		return 0;
	length -= strlen(SECRET_MARK);
	if (length % 4 != 0 || length / 4 * 3 > sizeof post->key)
		return 0;
	int bytes = EVP_DecodeBlock(post->key, (const unsigned char *)text, (int)length);
	for (size_t i = length; bytes > 0 && i > 0 && text[i - 1] == '='; i--)
		bytes--;
	post->key_bytes = bytes > 0 ? (size_t)bytes : 0;
	return bytes >= KEY_LEAST && bytes <= KEY_MOST;
}

static int
read_key(struct post *post, const char *path, char *problem, size_t room)
{
	char line[LINE_BYTES] = "";

	if (path == NULL) {
		snprintf(problem, room, "secret_file is needed with url");
		return 0;
	}
	FILE *file = fopen(path, "re");
	if (file == NULL || fgets(line, sizeof line, file) == NULL) {
		snprintf(problem, room, "the secret cannot be read path=%s", path);
		if (file != NULL)
			fclose(file);
		return 0;
	}
	fclose(file);
	line[strcspn(line, "\r\n")] = '\0';
	int good = take_key(post, line);
	explicit_bzero(line, sizeof line);
	if (!good)
		snprintf(problem, room, "the secret is not whsec_ and base64 of 24 to 64 bytes");
	return good;
}

static size_t
ignore(char *bytes, size_t size, size_t count, void *data)
{
	(void)bytes, (void)data;
	return size * count;
}

struct post *
post_new(const char *url, const char *secret_file, const char *ca_file, int64_t timeout_ms,
	char *problem, size_t room)
{
	struct post *post = calloc(1, sizeof *post);

	snprintf(problem, room, "there is no memory");
	if (post == NULL)
		return NULL;
	if (!read_key(post, secret_file, problem, room)) {
		post_free(post);
		return NULL;
	}
	curl_global_init(CURL_GLOBAL_DEFAULT);
	post->curl = curl_easy_init();
	if (post->curl == NULL ||
		curl_easy_setopt(post->curl, CURLOPT_PROTOCOLS_STR, "http,https") != CURLE_OK ||
		curl_easy_setopt(post->curl, CURLOPT_URL, url) != CURLE_OK) {
		post_free(post);
		return NULL;
	}
	/* Certificate and name are checked by default; a redirect is not followed: what is signed
	 * for one address is not for another. */
	curl_easy_setopt(post->curl, CURLOPT_POST, 1L);
	curl_easy_setopt(post->curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(post->curl, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
	curl_easy_setopt(post->curl, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(post->curl, CURLOPT_USERAGENT, "aula");
	curl_easy_setopt(post->curl, CURLOPT_WRITEFUNCTION, ignore);
	if (ca_file != NULL) {
		curl_easy_setopt(post->curl, CURLOPT_CAINFO, ca_file);
		curl_easy_setopt(post->curl, CURLOPT_CAPATH, NULL);
	}
	return post;
}

void
post_free(struct post *post)
{
	if (post == NULL)
		return;
	curl_easy_cleanup(post->curl);
	explicit_bzero(post->key, sizeof post->key);
	free(post);
}

/* base64 of the MAC. */
static int
sign(const struct post *post, const char *head, const char *body, size_t length,
	unsigned char *ret_text)
{
	unsigned char mac[MAC_BYTES];
	size_t head_length = strlen(head);
	unsigned char *all = malloc(head_length + length);

	if (all == NULL)
		return 0;
	memcpy(all, head, head_length);
	memcpy(all + head_length, body, length);
	int good = HMAC(EVP_sha256(), post->key, (int)post->key_bytes, all, head_length + length,
			   mac, NULL) != NULL;
	free(all);
	EVP_EncodeBlock(ret_text, mac, sizeof mac);
	return good;
}

static struct curl_slist *
headers(const struct post *post, const char *id, const char *body, size_t length)
{
	char text[HEADER_BYTES];
	unsigned char signature[MAC_BYTES * 2];
	long long now = (long long)time(NULL);
	struct curl_slist *list = NULL;

	snprintf(text, sizeof text, "%s.%lld.", id, now);
	if (!sign(post, text, body, length, signature))
		return NULL;
	list = curl_slist_append(list, "content-type: application/json");
	snprintf(text, sizeof text, "webhook-id: %s", id);
	list = curl_slist_append(list, text);
	snprintf(text, sizeof text, "webhook-timestamp: %lld", now);
	list = curl_slist_append(list, text);
	snprintf(text, sizeof text, "webhook-signature: v1,%s", (const char *)signature);
	list = curl_slist_append(list, text);
	/* Without "expect: 100-continue", which costs a round trip. */
	return curl_slist_append(list, "expect:");
}

static aula_code
judge(CURL *curl, CURLcode result, char *problem, size_t room)
{
	long status = 0;

	if (result != CURLE_OK) {
		snprintf(problem, room, "%s", curl_easy_strerror(result));
		return AULA_UNAVAILABLE;
	}
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	if (status >= 200 && status < 300)
		return AULA_OK;
	snprintf(problem, room, "the receiver answered %ld", status);
	return status == 400 || status == 413 || status == 415 || status == 422 ? AULA_INVALID
										: AULA_UNAVAILABLE;
}

aula_code
post_send(struct post *post, const char *id, const char *body, size_t length, char *problem,
	size_t room)
{
	struct curl_slist *list = headers(post, id, body, length);

	if (list == NULL) {
		snprintf(problem, room, "it cannot be signed");
		return AULA_UNAVAILABLE;
	}
	curl_easy_setopt(post->curl, CURLOPT_HTTPHEADER, list);
	curl_easy_setopt(post->curl, CURLOPT_POSTFIELDS, body);
	curl_easy_setopt(post->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)length);
	aula_code code = judge(post->curl, curl_easy_perform(post->curl), problem, room);
	curl_easy_setopt(post->curl, CURLOPT_HTTPHEADER, NULL);
	curl_slist_free_all(list);
	return code;
}
