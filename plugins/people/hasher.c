/* SPDX-License-Identifier: Apache-2.0 */
#include "hasher.h"

#include <argon2.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { SALT_BYTES = 16, HASH_BYTES = 32, ENCODED_BYTES = 256, THREADS_MOST = 16 };

struct hashing {
	TAILQ_ENTRY(hashing) others;
	struct hasher *hasher;
	char *password, *hash;
	hasher_done done; /* [control] NULL: nobody waits */
	void *data;
	bool good;
	char made[ENCODED_BYTES];
};
TAILQ_HEAD(hashings, hashing);

struct hasher {
	const aula_host *host;
	const struct config *config;
	pthread_t threads[THREADS_MOST];
	size_t thread_count;
	pthread_mutex_t lock; /* guards what follows */
	pthread_cond_t more;
	struct hashings waiting, finished;
	int64_t pending;
	bool stops;
};

static void
hashing_free(struct hashing *hashing)
{
	if (hashing->password != NULL)
		explicit_bzero(hashing->password, strlen(hashing->password));
	free(hashing->password);
	free(hashing->hash);
	free(hashing);
}

/* -- its threads -- */

static void
compute(const struct hasher *hasher, struct hashing *hashing)
{
	const struct config *config = hasher->config;
	unsigned char salt[SALT_BYTES];
	size_t length = strlen(hashing->password);

	if (hashing->hash != NULL)
		hashing->good =
			argon2id_verify(hashing->hash, hashing->password, length) == ARGON2_OK;
	else
		hashing->good = getrandom(salt, sizeof salt, 0) == (ssize_t)sizeof salt &&
				argon2id_hash_encoded((uint32_t)config->hash_passes,
					(uint32_t)config->hash_kib, 1, hashing->password, length,
					salt, sizeof salt, HASH_BYTES, hashing->made,
					sizeof hashing->made) == ARGON2_OK;
}

/* [control] One that has been finished; posted as often as there are such. */
static void
deliver(void *data)
{
	struct hasher *hasher = data;

	pthread_mutex_lock(&hasher->lock);
	struct hashing *hashing = TAILQ_FIRST(&hasher->finished);
	TAILQ_REMOVE(&hasher->finished, hashing, others);
	hasher->pending--;
	pthread_mutex_unlock(&hasher->lock);
	if (hashing->done != NULL)
		hashing->done(hashing->data, hashing->good,
			hashing->good && hashing->hash == NULL ? hashing->made : NULL);
	hashing_free(hashing);
}

static void *
work(void *data)
{
	struct hasher *hasher = data;

	pthread_mutex_lock(&hasher->lock);
	while (!hasher->stops) {
		struct hashing *hashing = TAILQ_FIRST(&hasher->waiting);
		if (hashing == NULL) {
			pthread_cond_wait(&hasher->more, &hasher->lock);
			continue;
		}
		TAILQ_REMOVE(&hasher->waiting, hashing, others);
		pthread_mutex_unlock(&hasher->lock);
		compute(hasher, hashing);
		pthread_mutex_lock(&hasher->lock);
		TAILQ_INSERT_TAIL(&hasher->finished, hashing, others);
		hasher->host->timers->post(hasher->host, deliver, hasher);
	}
	pthread_mutex_unlock(&hasher->lock);
	return NULL;
}

/* -- control -- */

struct hasher *
hasher_new(const aula_host *host, const struct config *config)
{
	struct hasher *hasher = calloc(1, sizeof *hasher);

	if (hasher == NULL)
		return NULL;
	hasher->host = host;
	hasher->config = config;
	pthread_mutex_init(&hasher->lock, NULL);
	pthread_cond_init(&hasher->more, NULL);
	TAILQ_INIT(&hasher->waiting);
	TAILQ_INIT(&hasher->finished);
	while ((int64_t)hasher->thread_count < config->hash_threads)
		if (pthread_create(&hasher->threads[hasher->thread_count], NULL, work, hasher) == 0)
			hasher->thread_count++;
		else
			break;
	if (hasher->thread_count > 0)
		return hasher;
	hasher_free(hasher);
	return NULL;
}

static void
clear(struct hashings *list)
{
	for (struct hashing *one; (one = TAILQ_FIRST(list)) != NULL;) {
		TAILQ_REMOVE(list, one, others);
		hashing_free(one);
	}
}

void
hasher_free(struct hasher *hasher)
{
	if (hasher == NULL)
		return;
	pthread_mutex_lock(&hasher->lock);
	hasher->stops = true;
	pthread_cond_broadcast(&hasher->more);
	pthread_mutex_unlock(&hasher->lock);
	for (size_t i = 0; i < hasher->thread_count; i++)
		pthread_join(hasher->threads[i], NULL);
	clear(&hasher->waiting);
	clear(&hasher->finished);
	pthread_cond_destroy(&hasher->more);
	pthread_mutex_destroy(&hasher->lock);
	free(hasher);
}

aula_code
hasher_ask(struct hasher *hasher, const char *password, const char *hash, hasher_done done,
	void *data, struct hashing **ret_hashing)
{
	struct hashing *hashing = calloc(1, sizeof *hashing);
	aula_code code = AULA_OK;

	if (hashing == NULL)
		return AULA_INTERNAL;
	hashing->password = strdup(password);
	hashing->hash = hash != NULL ? strdup(hash) : NULL;
	hashing->done = done;
	hashing->data = data;
	if (hashing->password == NULL || (hash != NULL && hashing->hash == NULL)) {
		hashing_free(hashing);
		return AULA_INTERNAL;
	}
	pthread_mutex_lock(&hasher->lock);
	if (hasher->pending >= hasher->config->hash_queue) {
		code = AULA_FULL;
	} else {
		hasher->pending++;
		TAILQ_INSERT_TAIL(&hasher->waiting, hashing, others);
		*ret_hashing = hashing;
		pthread_cond_signal(&hasher->more);
	}
	pthread_mutex_unlock(&hasher->lock);
	if (code != AULA_OK)
		hashing_free(hashing);
	return code;
}

void
hashing_cancel(struct hashing *hashing)
{
	hashing->done = NULL;
}
