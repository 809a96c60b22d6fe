/* SPDX-License-Identifier: Apache-2.0 */
#include "ice.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One line of a description, without its end. */
struct line {
	const char *text;
	size_t length;
};

static bool
next_line(const char **at, const char *end, struct line *ret_line)
{
	while (*at < end && (**at == '\r' || **at == '\n'))
		++*at;
	if (*at >= end)
		return false;
	const char *stop = *at;
	while (stop < end && *stop != '\r' && *stop != '\n')
		stop++;
	*ret_line = (struct line){ *at, (size_t)(stop - *at) };
	*at = stop;
	return true;
}

static bool
begins(const struct line *line, const char *with)
{
	size_t length = strlen(with);

	return line->length >= length && memcmp(line->text, with, length) == 0;
}

/* ice-char (RFC 8839 section 5.4), of so many at least. */
static bool
take_secret(const struct line *line, size_t from, size_t least, char *ret_text)
{
	size_t length = line->length - from;

	if (length < least || length > ICE_TEXT_MOST)
		return false;
	memcpy(ret_text, line->text + from, length);
	ret_text[length] = '\0';
	return strspn(ret_text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
				"-_=") == length;
}

struct reader {
	struct ice_fragment *fragment;
	char mid[64];
	int media; /* index of the present m-line; -1: before the first */
};

static bool
take_candidate(struct reader *reader, const struct line *line)
{
	json_t *candidates = reader->fragment->candidates;

	if (json_array_size(candidates) >= ICE_CANDIDATES_MOST)
		return true;
	json_t *one =
		json_pack("{s:i, s:s%}", "sdpMLineIndex", reader->media < 0 ? 0 : reader->media,
			"candidate", line->text + 2, line->length - 2);
	if (one == NULL)
		return false;
	if (*reader->mid != '\0')
		json_object_set_new(one, "sdpMid", json_string(reader->mid));
	json_array_append_new(candidates, one);
	return true;
}

static const char *
take_line(struct reader *reader, const struct line *line)
{
	struct ice_fragment *fragment = reader->fragment;

	if (line->length < 2 || line->text[1] != '=')
		return "A line is not of the form a=value.";
	if (begins(line, "m=")) {
		reader->media++;
		*reader->mid = '\0';
	} else if (begins(line, "a=mid:")) {
		snprintf(reader->mid, sizeof reader->mid, "%.*s", (int)line->length - 6,
			line->text + 6);
	} else if (begins(line, "a=ice-ufrag:")) {
		if (!take_secret(line, 12, 4, fragment->ufrag))
			return "a=ice-ufrag has no value that is allowed.";
	} else if (begins(line, "a=ice-pwd:")) {
		if (!take_secret(line, 10, 22, fragment->pwd))
			return "a=ice-pwd has no value that is allowed.";
	} else if (begins(line, "a=candidate:")) {
		if (!take_candidate(reader, line))
			return "A candidate is not text.";
	} else if (begins(line, "a=end-of-candidates")) {
		fragment->ended = true;
	}
	return NULL;
}

static const char *
check(const struct ice_fragment *fragment)
{
	if ((*fragment->ufrag == '\0') != (*fragment->pwd == '\0'))
		return "a=ice-ufrag and a=ice-pwd come together.";
	if (*fragment->ufrag == '\0' && json_array_size(fragment->candidates) == 0 &&
		!fragment->ended)
		return "It says neither credentials nor candidates.";
	return NULL;
}

bool
ice_fragment_read(
	const char *text, size_t length, struct ice_fragment *ret_fragment, const char **ret_why)
{
	struct reader reader = { .fragment = ret_fragment, .media = -1 };
	const char *end = text + length;
	const char *why = NULL;
	struct line line;

	*ret_fragment = (struct ice_fragment){ .candidates = json_array() };
	if (memchr(text, '\0', length) != NULL)
		why = "It is not text.";
	while (why == NULL && next_line(&text, end, &line))
		why = take_line(&reader, &line);
	if (why == NULL)
		why = check(ret_fragment);
	if (why == NULL)
		return true;
	ice_fragment_clear(ret_fragment);
	*ret_why = why;
	return false;
}

void
ice_fragment_clear(struct ice_fragment *fragment)
{
	json_decref(fragment->candidates);
	*fragment = (struct ice_fragment){ 0 };
}

void
ice_value(const char *sdp, const char *name, char *ret_value, size_t size)
{
	const char *end = sdp + strlen(sdp);
	size_t name_length = strlen(name);
	struct line line;

	*ret_value = '\0';
	while (next_line(&sdp, end, &line)) {
		if (line.length < name_length + 3 || memcmp(line.text, "a=", 2) != 0 ||
			memcmp(line.text + 2, name, name_length) != 0 ||
			line.text[2 + name_length] != ':')
			continue;
		snprintf(ret_value, size, "%.*s", (int)(line.length - name_length - 3),
			line.text + name_length + 3);
		return;
	}
}

static bool
is_candidate(const struct line *line)
{
	return begins(line, "a=candidate:") || begins(line, "a=end-of-candidates");
}

char *
ice_renewed(const char *sdp, const char *ufrag, const char *pwd)
{
	const char *end = sdp + strlen(sdp);
	struct line line;
	char *text = NULL;
	size_t size;

	FILE *out = open_memstream(&text, &size);
	if (out == NULL)
		return NULL;
	while (next_line(&sdp, end, &line)) {
		if (begins(&line, "a=ice-ufrag:"))
			fprintf(out, "a=ice-ufrag:%s\r\n", ufrag);
		else if (begins(&line, "a=ice-pwd:"))
			fprintf(out, "a=ice-pwd:%s\r\n", pwd);
		else if (!is_candidate(&line))
			fprintf(out, "%.*s\r\n", (int)line.length, line.text);
	}
	fclose(out);
	return text;
}

char *
ice_fragment_write(const char *answer)
{
	const char *end = answer + strlen(answer), *at = answer;
	char ufrag[ICE_TEXT_MOST + 1], pwd[ICE_TEXT_MOST + 1], mid[64];
	int media = -1;
	struct line line;
	char *text = NULL;
	size_t size;

	FILE *out = open_memstream(&text, &size);
	if (out == NULL)
		return NULL;
	ice_value(answer, "ice-ufrag", ufrag, sizeof ufrag);
	ice_value(answer, "ice-pwd", pwd, sizeof pwd);
	ice_value(answer, "mid", mid, sizeof mid);
	while (next_line(&at, end, &line))
		if (begins(&line, "a=ice-lite"))
			fputs("a=ice-lite\r\n", out);
	fprintf(out, "a=ice-ufrag:%s\r\na=ice-pwd:%s\r\n", ufrag, pwd);
	/* All media are bundled, so the first m-line stands for all of them. */
	for (at = answer; next_line(&at, end, &line) && media < 1;) {
		if (begins(&line, "m=") && ++media == 0)
			fprintf(out, "%.*s\r\na=mid:%s\r\n", (int)line.length, line.text, mid);
		else if (media == 0 && is_candidate(&line))
			fprintf(out, "%.*s\r\n", (int)line.length, line.text);
	}
	fclose(out);
	return text;
}

bool
ice_refuses(const char *answer)
{
	const char *end = answer + strlen(answer);
	struct line line;

	while (next_line(&answer, end, &line))
		if (begins(&line, "m=audio 0 ") || begins(&line, "m=video 0 "))
			return true;
	return false;
}
