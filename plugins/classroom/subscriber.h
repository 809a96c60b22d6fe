/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLASSROOM_SUBSCRIBER_H
#define CLASSROOM_SUBSCRIBER_H

#include "quality.h"
#include "stream.h"

/** One m-line of a subscriber and the stream that it carries. */
struct subscription {
	struct subscriber *subscriber;
	struct stream *source; /* NULL: it ended, and the subscriber looks after itself */
	LIST_ENTRY(subscription) siblings; /* of the same source */
	aula_sender sender;
	aula_kind kind;
	json_t *feed_id; /* of the source, also when it has ended; NULL: it never had one */
	char feed_mid[AULA_MID_MOST + 1];
	char mid[AULA_MID_MOST + 1]; /* "" before the first offer with it */
	bool send;                   /* false: the client wants nothing on it for now */
	char *cross_reference;       /* the client's own name for it; may be NULL */
	struct quality quality;      /* video */
};

/** One handle that receives, with any number of streams of any persons of one room. */
struct subscriber {
	struct client *client;
	struct room *room;
	TAILQ_ENTRY(subscriber) others; /* in the room */
	TAILQ_ENTRY(subscriber) due;    /* in classroom->due, when `is_due` */
	int64_t private_id;             /* of the person it belongs to; 0: not said */
	bool auto_update, paused, is_due;
	bool waiting; /* an offer is owed as soon as the last one is answered */
	bool restart; /* ... with new ICE credentials */
	bool watches; /* its m-lines are those of its own offer; it has a seat in the room, unseen
		       */
	bool follows; /* ... and carry whoever teaches */
	struct subscription *subscriptions[STREAMS_MOST];
	size_t count;
};

struct subscriber *subscriber_new(struct client *client, struct room *room);
/** Ends its subscriptions and takes it off every list; tells nobody. NULL is fine. */
void subscriber_free(struct subscriber *subscriber);

/** Adds one stream; takes effect with the next offer. EXISTS: it is there already, nothing to do.
 * FULL. */
aula_code subscriber_add(struct subscriber *subscriber, struct stream *source, bool send,
	const char *cross_reference);
/** Takes an m-line of the client's own offer, once it is answered; carries nothing yet. NULL: no
 * room. */
struct subscription *subscriber_take(struct subscriber *subscriber, const aula_stream *line);
/** Takes one stream away; takes effect with the next offer. Frees `subscription`. */
void subscriber_remove(struct subscriber *subscriber, struct subscription *subscription);
/** Carries `source` on the m-line from now on. `*ret_offer` is set when that needs an offer. */
aula_code subscriber_switch(struct subscriber *subscriber, struct subscription *subscription,
	struct stream *source, bool *ret_offer);
/** The stream that a subscription carries has ended. */
void subscriber_orphan(struct subscription *subscription);
/** The m-line of that mid; NULL. */
struct subscription *subscriber_by_mid(const struct subscriber *subscriber, const char *mid);
/** Pauses and resumes the m-line as `paused` and `send` say; resumed video starts afresh. */
void subscription_apply(struct subscription *subscription);
/** What the client wants of the picture from now on; of audio nothing. */
void subscription_want(struct subscription *subscription, const struct quality_args *args);
/** What the sender shows has changed: the client is told. */
void subscriber_shown(struct subscriber *subscriber, aula_sender sender, const aula_shown *shown);

/** Makes an offer now for `*ret_jsep`, or if the last one is not answered notes that one is owed
 * and returns WRONG_STATE. */
aula_code subscriber_offer(struct subscriber *subscriber, json_t **ret_jsep);
/** An offer is owed: it is made soon, in slices, and sent as an `updated` event. */
void subscriber_make_due(struct subscriber *subscriber);
/** The last offer may have been answered: what is owed becomes due. */
void subscriber_settle(struct subscriber *subscriber);

/** The "streams" of `attached` and `updated`. New reference. */
json_t *subscriber_streams(struct subscriber *subscriber);

#endif
