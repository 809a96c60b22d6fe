/* SPDX-License-Identifier: Apache-2.0 */
#include "aula/code.h"

const char *
aula_code_word(aula_code code)
{
	static const char *const words[] = {
#define X(id, word, sentence) [AULA_##id] = word,
		AULA_CODES(X)
#undef X
	};

	return (unsigned)code < AULA_CODE_COUNT_ ? words[code] : words[AULA_INTERNAL];
}

const char *
aula_code_sentence(aula_code code)
{
	static const char *const sentences[] = {
#define X(id, word, sentence) [AULA_##id] = sentence,
		AULA_CODES(X)
#undef X
	};

	return (unsigned)code < AULA_CODE_COUNT_ ? sentences[code] : sentences[AULA_INTERNAL];
}
